import type { ChannelSettings } from '../../core/alerts/settings.ts'
import { checkMail } from './mail.ts'
import { checkWebhook } from './webhook.ts'

/** Throws `ConfigInvalid` for a channel that cannot be used. */
export function checkChannel({ webhook, mail }: ChannelSettings): void {
  if (webhook) checkWebhook(webhook)
  if (mail) checkMail(mail)
}
