/**
 * Why a dead letter cannot be replayed with an edit or a patch; a part of the catalogue of reasons.
 */
export const EDIT_REASONS = [
  {
    codes: [
      'EditNamesAnotherEvent',
      'EditNamesAnotherEmployee',
      'EditTakesTerminationBack',
      'OriginalNotKept',
    ],
    cause:
      "An edit must keep the event's identity, cannot cancel a termination, and needs the original message. A patch must keep the employee too.",
    fix: 'Ask HR to send a new event instead.',
    owner: 'HR data',
  },
  {
    codes: ['PatchChangesNothing'],
    cause: 'A patch leaves the dead letter, or what Rollcall reads of it, as it is.',
    fix: 'Check the paths of the patch, or leave the dead letter out of the selection. Nothing was replayed.',
    owner: 'HR data',
  },
  {
    codes: ['PatchFailed'],
    cause: 'A patch cannot be applied to this dead letter. The detail says why.',
    fix: 'Correct the patch, or leave the dead letter out of the selection. Nothing was replayed.',
    owner: 'HR data',
  },
  {
    codes: ['UserNameShared'],
    cause: 'After the patch, two employees would have the same user name. The detail names the other one.',
    fix: 'Give each employee a user name of its own, for example with a CSV. Nothing was replayed.',
    owner: 'HR data',
  },
] as const
