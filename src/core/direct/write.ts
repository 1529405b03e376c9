import type { UploadAnswer } from '../ports.ts'
import type { AccountKey, DirectAccounts, DirectCall, FoundAccount } from './accounts.ts'
import type { VerdictContext } from '../provision/verdict.ts'
import { changesOf, employeeNumberOf, isActive, newUser, type RecordToWrite, userNameOf } from './user.ts'
import { isBilled, isMissing, isSuccess, isTaken } from './reply.ts'
import { CONFLICT, refusalOf, type WriteVerdict } from './verdict.ts'

/** The most calls that one operation can take: an account that is gone, and a name that is taken. */
export const MOST_CALLS = 5

export interface WriteOrder extends RecordToWrite {
  /** The object id that the ledger keeps; `null` when it knows none. */
  readonly objectId: string | null
}

export interface Writing {
  readonly accounts: DirectAccounts
  readonly call: () => DirectCall
  readonly context: () => VerdictContext
  /** Of every answer, at once. */
  readonly onAnswer: (reply: UploadAnswer) => void
}

export interface Written {
  readonly verdict: WriteVerdict
  /** Calls that Microsoft bills. */
  readonly billed: number
}

/**
 * Writes a record to the account of its employee. Repeating it changes nothing more.
 *
 * - The account is found by the object id that the ledger keeps, then by `externalId`, which an
 *   account has from Rollcall.
 * - An employee without an account gets one if the record is active.
 * - An account that has the user name is the employee's if it has the employee id too, as one has
 *   that a provisioning job made. Otherwise the name is taken.
 */
export async function writeRecord(order: WriteOrder, writing: Writing): Promise<Written> {
  let billed = 0
  const counted: Writing = {
    ...writing,
    onAnswer: (reply) => {
      if (isBilled(reply)) billed += 1
      writing.onAnswer(reply)
    },
  }
  const verdict = await new AccountWrite(order, counted).run()
  return { verdict, billed }
}

/** One account that was looked for: the one, none, or why that is not known. */
type Search =
  | { readonly kind: 'found'; readonly objectId: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'ended'; readonly verdict: WriteVerdict }

class AccountWrite {
  readonly #order: WriteOrder
  readonly #writing: Writing

  constructor(order: WriteOrder, writing: Writing) {
    this.#order = order
    this.#writing = writing
  }

  async run(): Promise<WriteVerdict> {
    const { objectId } = this.#order
    return (objectId === null ? null : await this.#update(objectId)) ?? this.#writeFound()
  }

  async #writeFound(): Promise<WriteVerdict> {
    const { employeeId } = this.#order
    const search = await this.#search({ attribute: 'externalId', value: employeeId })
    switch (search.kind) {
      case 'ended':
        return search.verdict
      case 'found':
        return (await this.#update(search.objectId)) ?? NO_ACCOUNT
      case 'none':
        return isActive(this.#order) ? this.#create() : this.#disableNamed()
    }
  }

  /** `null` when there is no such account. */
  async #update(objectId: string): Promise<WriteVerdict | null> {
    const { accounts, call, context, onAnswer } = this.#writing
    const reply = await accounts.update(objectId, changesOf(this.#order), call())
    onAnswer(reply)
    if (isSuccess(reply)) return { kind: 'done', did: 'update', objectId }
    return isMissing(reply) ? null : refusalOf(reply, objectId, context())
  }

  async #create(): Promise<WriteVerdict> {
    const { accounts, call, context, onAnswer } = this.#writing
    const { reply, objectId } = await accounts.create(newUser(this.#order), call())
    onAnswer(reply)
    if (isSuccess(reply)) return { kind: 'done', did: 'create', objectId }
    const refusal = refusalOf(reply, null, context())
    if (!isTaken(reply)) return refusal
    return (await this.#updateNamed()) ?? refusal
  }

  /** The employee has no account under the employee id, and is to have none that is enabled. */
  async #disableNamed(): Promise<WriteVerdict> {
    return (await this.#updateNamed()) ?? NO_ACCOUNT
  }

  /** Writes to the account that has the user name, if it is the employee's; `null` otherwise. */
  async #updateNamed(): Promise<WriteVerdict | null> {
    const value = userNameOf(this.#order)
    if (value === null) return null
    const search = await this.#search({ attribute: 'userName', value })
    switch (search.kind) {
      case 'ended':
        return search.verdict
      case 'found':
        return this.#update(search.objectId)
      case 'none':
        return null
    }
  }

  async #search(by: AccountKey): Promise<Search> {
    const { accounts, call, context, onAnswer } = this.#writing
    const { reply, accounts: found } = await accounts.find(by, call())
    onAnswer(reply)
    if (!isSuccess(reply)) return { kind: 'ended', verdict: refusalOf(reply, null, context()) }
    const own = found.filter((account) => isOf(account, this.#order))
    const [only, ...others] = own
    if (!only) return { kind: 'none' }
    if (others.length > 0) return { kind: 'ended', verdict: severalAccounts(own.length) }
    return { kind: 'found', objectId: only.objectId }
  }
}

const NO_ACCOUNT: WriteVerdict = { kind: 'no-account' }

function isOf({ externalId, employeeNumber }: FoundAccount, order: WriteOrder): boolean {
  return externalId === null ? employeeNumber === employeeNumberOf(order) : externalId === order.employeeId
}

function severalAccounts(count: number): WriteVerdict {
  return {
    kind: 'failed',
    code: CONFLICT,
    reason: `${count} accounts have this employee id as their externalId`,
    objectId: null,
  }
}
