import type { Namespace } from '../../entities/namespace.ts'
import { SqlSyntaxError } from '../../rules/lex.ts'
import { type AtomAnswer, type AtomRequest, problem } from './answer.ts'
import { Asked } from './asked.ts'
import { BodyError } from './xml.ts'

/**
 * The HTTP management API of the service: ATOM entries and feeds about the namespace and its
 * entities.
 */
export class AtomApi {
  private readonly namespace: Namespace
  private readonly name: string
  private readonly now: () => number

  constructor(namespace: Namespace, name: string, now: () => number) {
    this.namespace = namespace
    this.name = name
    this.now = now
  }

  /** Answers a request. Everything a client can get wrong is an answer, too. */
  answer(request: AtomRequest): AtomAnswer {
    try {
      return new Asked(this.namespace, this.name, request, this.now()).answer()
    } catch (error) {
      if (error instanceof BodyError || error instanceof SqlSyntaxError)
        return problem(400, `SubCode=40000. ${error.message}`, request.url, this.now())
      throw error
    }
  }
}
