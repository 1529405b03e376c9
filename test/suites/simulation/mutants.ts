import type { MutantList } from '../../mutants/mutant.ts'

/** Ways to break the code that each break one promise, to show that the simulation notices. */
export const BROKEN_PROMISES: MutantList = {
  folder: 'src',
  suites: [],
  mutants: [
    {
      breaks: 'a message is settled before its events are committed',
      file: 'core/intake/loop.ts',
      find: '      before = { messages, done: commitAndSettle(',
      replace:
        "      await receiver.settle(messages.map((message) => ({ kind: 'complete', message })))\n      before = { messages, done: commitAndSettle(",
    },
    {
      breaks: 'more calls go in a window than the service allows',
      file: 'adapters/ledger-sql/submit/budget.ts',
      find: '[quota, now - windowMs, perWindow - 1]',
      replace: '[quota, now - windowMs, perWindow]',
    },
    {
      breaks: 'the calls of a day are not counted',
      file: 'adapters/ledger-sql/submit/budget.ts',
      find: 'if (Number.isFinite(perDay)) {',
      replace: 'if (perDay < 0) {',
    },
    {
      breaks: 'an employee is planned while an operation is unanswered',
      file: 'core/plan/decide/plan.ts',
      find: 'return employee.unanswered.length > 0 && !overtakes',
      replace: 'return employee.unanswered.length > 9 && !overtakes',
    },
    {
      breaks: 'events count in the order in which HR recorded them',
      file: 'core/plan/fold/order.ts',
      find: '    a.effectiveAt - b.effectiveAt ||\n',
      replace: '    a.recordedAt - b.recordedAt ||\n',
    },
    {
      breaks: 'an outcome counts as published before it is sent',
      file: 'core/report/outcomes/loop.ts',
      find: '        await sender.send(inTrace',
      replace:
        '        await ledger.markOutcomesPublished(rows.map(({ id }) => id), runtime.now())\n        await sender.send(inTrace',
    },
    {
      breaks: 'a block does not overlay what HR says',
      file: 'core/plan/decide/effective-state.ts',
      find: 'if (!isBlocked || active?.value === false || by === null)',
      replace: 'if (isBlocked || active?.value === false || by === null)',
    },
    {
      breaks: 'an operation that a newer state has overtaken is sent all the same',
      file: 'adapters/ledger-sql/submit/claim-batch.ts',
      find: '  if (due.length === 0) return []\n',
      replace: '  if (due.length >= 0) return []\n',
    },
    {
      breaks: 'a rescind has no effect',
      file: 'core/plan/fold/rescind.ts',
      find: 'if (events.every((event) => event.rescinds === null)) return rescinded',
      replace: 'if (events.length >= 0) return rescinded',
    },
    {
      breaks: 'an operation that the log never mentions counts as done',
      file: 'core/report/correlate/settle.ts',
      find: "  if (maxResends === null) return 'resend'\n",
      replace: "  if (maxResends !== null) return 'unchanged'\n",
    },
    {
      breaks: 'a dead termination no longer keeps its employee out',
      file: 'core/plan/fold/fold.ts',
      find: "if (event.dead) return isTermination(event) ? [['active', false]] : []",
      replace: 'if (event.dead) return []',
    },
    {
      breaks: 'a leaver case ends although nothing has shown the account disabled',
      file: 'core/leavers/assess.ts',
      find: 'if (directory.disabled && !mayActivate) return proven(view, directory',
      replace: 'if (!mayActivate) return proven(view, directory',
    },
    {
      breaks: 'a plan is committed although its employee has changed since',
      file: 'adapters/ledger-sql/plan/commit.ts',
      find: 'employees.revision = v.revision RETURNING',
      replace: 'employees.revision >= v.revision RETURNING',
    },
    {
      breaks: 'a change by another system leaves the last accepted record as it was',
      file: 'core/report/correlate/changed-elsewhere.ts',
      find: 'return [...new Set(changedElsewhere.map(',
      replace: 'return [...new Set(changedElsewhere.slice(0, 0).map(',
    },
    {
      breaks: 'an erasure forgets where its employee left',
      file: 'adapters/ledger-sql/leavers/erased-marks.ts',
      find: '    [...byMoment.values()].map(',
      replace: '    [...byMoment.values()].slice(0, 0).map(',
    },
    {
      breaks: 'an erasure closes the open cases of a leaver',
      file: 'adapters/ledger-sql/leavers/settle.ts',
      find: "cause = 'erased', resend_due = 0",
      replace: "ended_at = 1, ended_as = 'acknowledged', cause = 'erased', resend_due = 0",
    },
    {
      breaks: 'an export counts more than what HR recorded after it',
      file: 'core/plan/fold/snapshot.ts',
      find: ': snapshot.type === BASELINE && recordedAt > snapshot.recordedAt',
      replace: ': snapshot.type !== BASELINE && recordedAt > snapshot.recordedAt',
    },
    {
      breaks: 'an export that does not say who is active decides it',
      file: 'core/plan/fold/snapshot.ts',
      find: "      path === 'active' ||\n      path === announced",
      replace: '      path === announced',
    },
    {
      breaks: 'a record that HR dates counts as true when it was read',
      file: 'core/intake/hydrate/loop.ts',
      find: 'Math.min(answer.at ?? moment.began, moment.began)',
      replace: 'moment.began',
    },
    {
      breaks: 'a record of HR that is older than its notice counts',
      file: 'core/intake/hydrate/loop.ts',
      find: 'if (answer.at !== null && answer.at < notice.recordedAt)',
      replace: 'if (answer.at !== null && answer.at < 0)',
    },
    {
      breaks: 'a notice of a change to come is read only once',
      file: 'core/intake/hydrate/loop.ts',
      find: 'nextAt: isDue ? null : notice.effectiveAt - settings.waitMs',
      replace: 'nextAt: null',
    },
    {
      breaks: 'an employee whom HR does not find has left',
      file: 'core/intake/hydrate/loop.ts',
      find: 'return implied === false\n        ?',
      replace: 'return implied !== true\n        ?',
    },
    {
      breaks: 'a dead letter counts as copied before its copy is sent',
      file: 'core/report/dead-letters/copies.ts',
      find: '    const standing = rows.filter(',
      replace:
        '    await ledger.markDeadLettersCopied(rows.map(({ id }) => id), runtime.now())\n    const standing = rows.filter(',
    },
    {
      breaks: 'the second copy of a dead letter stays',
      file: 'core/report/dead-letters/copies.ts',
      find: 'standing.get(seq) !== revision || seen.has(seq)',
      replace: 'standing.get(seq) !== revision',
    },
    {
      breaks: 'a deactivation by another system is reversed',
      file: 'core/plan/decide/hold/respect-deactivation.ts',
      find: 'if (since === null || decision',
      replace: 'if (since !== 0 || decision',
    },
  ],
}
