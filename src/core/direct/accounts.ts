import type { Json, ScimUser } from '../model.ts'
import type { UploadAnswer } from '../ports.ts'

/**
 * The accounts of a directory that is written one account at a time. Each method is one attempt,
 * bounded in time, and never throws for what the network or the service does. When `cut` aborts, it
 * stops waiting and answers with a network failure: the service may have acted.
 */
export interface DirectAccounts {
  /** The accounts with this value; none unless the answer is 200. */
  find(by: AccountKey, call: DirectCall): Promise<FindAnswer>
  /** 201: the account is there. 409, or 400 with a text that says so: a value of it is taken. */
  create(user: ScimUser, call: DirectCall): Promise<CreateAnswer>
  /** 2xx: the account holds the values; repeating it changes nothing more. 404: it does not exist. */
  update(objectId: string, changes: readonly PlaceChange[], call: DirectCall): Promise<UploadAnswer>
}

export interface AccountKey {
  readonly attribute: 'externalId' | 'userName'
  readonly value: string
}

export interface DirectCall {
  readonly clientRequestId: string
  readonly cut: AbortSignal
}

export interface FindAnswer {
  readonly reply: UploadAnswer
  readonly accounts: readonly FoundAccount[]
}
/** An account, with what says whose it is. */
export interface FoundAccount {
  readonly objectId: string
  readonly externalId: string | null
  readonly employeeNumber: string | null
}

export interface CreateAnswer {
  readonly reply: UploadAnswer
  /** `null` when the account was not created, or the answer does not name it. */
  readonly objectId: string | null
}

/** `value` is `null` when the place is cleared. */
export interface PlaceChange {
  readonly path: string
  readonly value: Json
}
