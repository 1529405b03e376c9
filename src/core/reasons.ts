/**
 * The codes of messages, rows and edits that Rollcall refuses, and those of the bus. The codes of
 * events are in `ledger/event-reason.ts`. The provisioning service has further ones, which are
 * open-ended. `report/outcomes/reason-catalogue.ts` explains all of them.
 */

/** Why a message is sent to the native dead-letter queue. */
export const REJECTION_CODES = [
  'BodyNotText',
  'BodyNotUnpacked',
  'BodyTooLarge',
  'BodyNotJson',
  'BodyEmpty',
  'BodyTooDeep',
  'DuplicateKey',
  'NotACloudEvent',
  'FieldMissing',
  'FieldInvalid',
  'UnknownType',
  'SourceUnknown',
  'NoticeUnsupported',
  'BlockNotAllowed',
  'ShapeFailed',
  'AccessUnknown',
  'RescindMismatch',
  'EventCollision',
] as const
export type RejectionCode = (typeof REJECTION_CODES)[number]

/** Why a row of a baseline is refused. */
export const ROW_REJECTION_CODES = ['FieldMissing', 'FieldInvalid', 'TooDeep'] as const
export type RowRejectionCode = (typeof ROW_REJECTION_CODES)[number]

/** Why a dead letter cannot be replayed with an edit. */
export const EDIT_REFUSAL_CODES = [
  'BodyNotText',
  'EditNamesAnotherEmployee',
  'EditNamesAnotherEvent',
  'EditTakesTerminationBack',
  'OriginalNotKept',
  'PatchChangesNothing',
  'PatchFailed',
  'UserNameShared',
] as const
export type EditRefusalCode = (typeof EDIT_REFUSAL_CODES)[number]

/**
 * Why the bus itself dead-letters a message.
 * https://learn.microsoft.com/azure/service-bus-messaging/service-bus-dead-letter-queues
 */
export const BUS_CODES = [
  'MaxDeliveryCountExceeded',
  'TTLExpiredException',
  'HeaderSizeExceeded',
  'MaxTransferHopCountExceeded',
  /** Rollcall's word where another program gave no reason. */
  'NoReason',
  /** Rollcall's word in counts where another program gave a reason of its own. */
  'OtherReason',
] as const
export type BusCode = (typeof BUS_CODES)[number]
