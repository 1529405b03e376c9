import { runPage } from './acts/replay/run-page.ts'
import { auditExport, auditPage } from './audit/page.ts'
import { configurationPage } from './configuration/page.ts'
import type { ConsoleContext } from './context.ts'
import { deadLetterPage, deadLettersPage } from './dead-letters/page.ts'
import { employeePage, searchPage } from './employee/page.ts'
import { failuresPage } from './failures/page.ts'
import { findingsPage } from './findings/page.ts'
import { heldPage } from './held/page.ts'
import { jobPage } from './job/page.ts'
import { closedLeaversPage } from './leavers/closed-page.ts'
import { leaversPage } from './leavers/page.ts'
import { nowPage } from './now/page.ts'
import type { Page } from './page.ts'
import { stagePage } from './stages/page.ts'
import { replaysPage } from './replays/page.ts'

/** Every page that shows what the ledger holds. */
export function pagesOf(context: ConsoleContext) {
  return {
    '/': nowPage(context),
    '/audit': auditPage(context),
    '/audit/export': auditExport(context),
    '/configuration': configurationPage(context),
    '/dead-letter': deadLetterPage(context),
    '/dead-letters': deadLettersPage(context),
    '/employee': employeePage(context),
    '/failures': failuresPage(context),
    '/findings': findingsPage(context),
    '/held': heldPage(context),
    '/job': jobPage(context),
    '/leavers': leaversPage(context),
    '/leavers/closed': closedLeaversPage(context),
    '/replays': replaysPage(context),
    '/replays/run': runPage(context),
    '/stage': stagePage(context),
    '/search': searchPage(context),
  } as const satisfies Readonly<Record<string, Page>>
}
