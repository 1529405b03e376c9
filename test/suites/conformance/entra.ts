import { test } from 'node:test'
import { createEntraClient, type EntraClient, type EntraUnderTest } from './entra/client.ts'
import { logCases } from './entra/log.ts'
import { operationCases } from './entra/operations.ts'
import { refusalCases } from './entra/refusals.ts'
import { requestCases } from './entra/requests.ts'

/**
 * How the service is set up for a case. `standard` is the documented service with short
 * cycles and no call limits; the others differ from it as they say.
 */
export type EntraSetup =
  | 'standard'
  | 'strict'
  | 'call-limits'
  | 'three-calls-a-day'
  | 'log-limits'
  | 'flow-nulls-off'
  | 'bucket-of-three'
  | 'slow-log'

/**
 * One thing that the service does, and how it is known: [D] documented by Microsoft, [R] seen in
 * real data, [C] seen in public code.
 */
export interface EntraCase {
  readonly name: string
  readonly source: string
  readonly setup: EntraSetup
  readonly run: (client: EntraClient) => Promise<void>
}

export type OpenEntra = (setup: EntraSetup) => Promise<EntraUnderTest>

export const entraCases: readonly EntraCase[] = [
  ...requestCases,
  ...operationCases,
  ...refusalCases,
  ...logCases,
]

/** Runs one case against a service of its own; rejects when the service does otherwise. */
export async function runEntraCase(open: OpenEntra, { setup, run }: EntraCase): Promise<void> {
  const entra = await open(setup)
  try {
    await run(createEntraClient(entra))
  } finally {
    await entra.close()
  }
}

/** Holds a service to what is known of Microsoft Entra API-driven inbound provisioning. */
export function exerciseEntra(open: OpenEntra): void {
  for (const one of entraCases)
    void test(`${one.name} ${one.source}`, { concurrency: true }, () => runEntraCase(open, one))
}
