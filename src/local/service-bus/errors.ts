import type { AmqpError } from './amqp/rhea-types.ts'

/**
 * The error conditions the broker answers with. The text of each is as the service words it where
 * that is known; the official clients match on some of it (`messaging entity … could not be
 * found`), and none may be empty, or `@azure/core-amqp` does not translate the error.
 */
export type Refusal = AmqpError

const refusal = (condition: string, description: string): Refusal => ({ condition, description })

export const REFUSALS = {
  /** `host` is what the peer calls this broker; an address that is a URL already stays as it is. */
  entityNotFound: (address: string, host?: string) =>
    refusal(
      'amqp:not-found',
      `The messaging entity '${host === undefined || address.includes('://') ? address : `sb://${host}/${address}`}' could not be found. To know more visit https://aka.ms/sbResourceMgrExceptions.`,
    ),
  entityDisabled: (address: string) =>
    refusal('com.microsoft:entity-disabled', `The messaging entity '${address}' is currently disabled.`),
  notAllowed: (description: string) => refusal('amqp:not-allowed', description),
  messageLockLost: () =>
    refusal(
      'com.microsoft:message-lock-lost',
      'The lock supplied is invalid. Either the lock expired, or the message has already been removed from the queue.',
    ),
  sessionLockLost: (sessionId: string) =>
    refusal(
      'com.microsoft:session-lock-lost',
      `The session lock has expired on the MessageSession. Accept a new MessageSession. Session: ${sessionId}.`,
    ),
  sessionCannotBeLocked: (sessionId: string) =>
    refusal(
      'com.microsoft:session-cannot-be-locked',
      `The requested session '${sessionId}' cannot be accepted. It may be locked by another receiver.`,
    ),
  sessionTimeout: () =>
    refusal(
      'com.microsoft:timeout',
      'The operation did not complete within the allotted timeout. No session with messages became available.',
    ),
  messageNotFound: (detail: string) => refusal('com.microsoft:message-not-found', detail),
  messageTooLarge: (size: number, limit: number) =>
    refusal(
      'amqp:link:message-size-exceeded',
      `The received message (delivery size ${size} bytes) exceeds the limit (${limit} bytes) currently allowed on the link.`,
    ),
  serverBusy: () =>
    refusal(
      'com.microsoft:server-busy',
      'The request was terminated because the namespace is being throttled. Error code : 50009. Please wait 10 seconds and try again.',
    ),
  tokenRefused: () =>
    refusal(
      'amqp:unauthorized-access',
      'InvalidSignature: The token has an invalid signature. To know more visit https://aka.ms/sbResourceMgrExceptions.',
    ),
  tokenExpired: () =>
    refusal(
      'amqp:unauthorized-access',
      'ExpiredToken: The token is expired. To know more visit https://aka.ms/sbResourceMgrExceptions.',
    ),
  linkForced: () => refusal('amqp:link:detach-forced', 'The link was closed by the broker.'),
  quotaExceeded: (address: string) =>
    refusal(
      'amqp:resource-limit-exceeded',
      `The maximum entity size has been reached or exceeded for '${address}'.`,
    ),
  connectionQuota: (limit: number) =>
    refusal(
      'amqp:resource-limit-exceeded',
      `The number of active connections exceeds the limit of ${limit}.`,
    ),
  decodeError: (detail: string) => refusal('amqp:decode-error', `The message could not be read: ${detail}`),
  framingError: (detail: string) =>
    refusal('amqp:connection:framing-error', `The connection was closed: ${detail}`),
  invalidField: (detail: string) => refusal('amqp:invalid-field', detail),
  notImplemented: (detail: string) => refusal('amqp:not-implemented', detail),
  internal: (detail: string) => refusal('amqp:internal-error', `The broker failed: ${detail}`),
  linkIdle: (ms: number) =>
    refusal(
      'amqp:link:detach-forced',
      `The link was closed by the broker because it did not have any active transfers for ${ms} milliseconds.`,
    ),
  connectionIdle: (ms: number) =>
    refusal(
      'amqp:connection:forced',
      `The connection was inactive for more than the allowed ${ms} milliseconds and is closed by container.`,
    ),
  propertiesTooLarge: (what: string, size: number, limit: number) =>
    refusal('amqp:not-allowed', `${what} takes ${size} bytes; at most ${limit} are allowed.`),
  connectionForced: () => refusal('amqp:connection:forced', 'The connection was closed by the broker.'),
} as const
