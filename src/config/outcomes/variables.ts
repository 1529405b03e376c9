import { ACCOUNT_FIELDS } from '../../core/contracts/outcome.ts'
import { flag, names, namesOf, text } from '../values.ts'

/** Where outcomes go, and what they say. */
export const OUTCOME_VARIABLES = {
  OUTCOMES_QUEUE: text
    .default('hr-outcomes')
    .meta({ description: 'Queue or topic to which outcomes are published' }),
  OUTCOME_SESSIONS: flag.meta({
    description:
      'Give all outcomes of an employee one session, for a queue or topic that is partitioned or requires sessions',
  }),
  OUTCOME_VALUES: names.meta({
    description:
      'Attributes whose values outcomes contain, such as `department,name`, or `*` for all. Of the others, only names',
  }),
  OUTCOME_ACCOUNT: namesOf(ACCOUNT_FIELDS).meta({
    description:
      'What outcomes say about the account that Entra holds: userName, mail, or both. Needs the permission to read users',
  }),
}
