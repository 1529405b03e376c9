import { randomUUID } from 'node:crypto'
import type {
  AccountKey,
  CreateAnswer,
  DirectAccounts,
  FindAnswer,
  PlaceChange,
} from '../../src/core/direct/accounts.ts'
import type { Json, ScimUser } from '../../src/core/model.ts'
import { scimValues } from '../../src/core/plan/mapping/origins.ts'
import type { UploadAnswer } from '../../src/core/ports.ts'
import { response } from './upload-answer.ts'

export const timeout: UploadAnswer = { kind: 'network', code: 'ETIMEDOUT' }

const NUMBER = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber'

/** A directory in memory. Every call takes some time, and answers as `disturb` says, if it does. */
export class FakeAccounts implements DirectAccounts {
  /** By object id, the places and their values. */
  readonly accounts = new Map<string, Map<string, Json>>()
  /** Every call: `find externalId p1`, `create p1`, `update p1`. */
  readonly calls: string[] = []
  /** How many calls were under way at once, at most. */
  mostAtOnce = 0
  /** Another answer than the usual one. `acts`: the directory acts all the same. */
  disturb: (call: string) => { readonly answer: UploadAnswer; readonly acts?: boolean } | null = () => null
  readonly #sleep: (ms: number) => Promise<void>
  #underWay = 0

  constructor(sleep: (ms: number) => Promise<void> = () => Promise.resolve()) {
    this.#sleep = sleep
  }

  find({ attribute, value }: AccountKey): Promise<FindAnswer> {
    const found = [...this.accounts].filter(([, places]) => places.get(attribute) === value)
    const accounts = found.map(([objectId, places]) => ({
      objectId,
      externalId: asText(places.get('externalId')),
      employeeNumber: asText(places.get(NUMBER)),
    }))
    return this.#answer<FindAnswer>(
      `find ${attribute} ${value}`,
      () => ({ reply: response(200), accounts }),
      (reply) => ({ reply, accounts: [] }),
    )
  }

  create(user: ScimUser): Promise<CreateAnswer> {
    const places = new Map(scimValues(user))
    const { externalId = null, userName = null } = user
    return this.#answer<CreateAnswer>(
      `create ${asText(externalId)}`,
      () => {
        if (this.#holder(userName) !== null) return { reply: taken(), objectId: null }
        const objectId = randomUUID()
        this.accounts.set(objectId, places.set('externalId', externalId))
        return { reply: response(201), objectId }
      },
      (reply) => ({ reply, objectId: null }),
    )
  }

  update(objectId: string, changes: readonly PlaceChange[]): Promise<UploadAnswer> {
    const account = this.accounts.get(objectId)
    const name = asText(changes.find(({ path }) => path === 'externalId')?.value)
    const userName = changes.find(({ path }) => path === 'userName')?.value ?? null
    return this.#answer<UploadAnswer>(
      `update ${name}`,
      () => {
        if (!account) return response(404)
        const holder = this.#holder(userName)
        if (holder !== null && holder !== objectId) return taken()
        for (const { path, value } of changes) account.set(path, value)
        return response(204)
      },
      (reply) => reply,
    )
  }

  /** The enabled accounts of an employee. */
  enabled(employeeId: string): number {
    return [...this.accounts.values()].filter(
      (places) => places.get('externalId') === employeeId && places.get('active') === true,
    ).length
  }

  #holder(userName: Json): string | null {
    const [holder = null] = [...this.accounts].filter(([, places]) => places.get('userName') === userName)
    return holder === null || userName === null ? null : holder[0]
  }

  async #answer<T>(call: string, act: () => T, instead: (reply: UploadAnswer) => T): Promise<T> {
    this.calls.push(call)
    this.#underWay += 1
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#underWay)
    await this.#sleep(200)
    this.#underWay -= 1
    const disturbance = this.disturb(call)
    if (disturbance === null) return act()
    if (disturbance.acts) act()
    return instead(disturbance.answer)
  }
}

function taken(): UploadAnswer {
  return response(400, {
    message: 'Another object with the same value for property userPrincipalName already exists.',
  })
}

function asText(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null
}
