import { z } from 'zod'
import { RollcallError } from '../../core/errors.ts'
import type { JobSchema } from '../../core/provision/job-schema.ts'
import type { Graph } from './client.ts'
import { type Endpoint, jobPath } from './endpoint.ts'
import { JobStatus, reportOf } from './job-status.ts'

const Mapping = z.object({
  targetAttributeName: z.string(),
  matchingPriority: z.number().nullish(),
  flowType: z.string().nullish(),
  source: z.object({ expression: z.string().nullish() }).nullish(),
})
const Clause = z.object({ sourceOperandName: z.string().nullish() })
const Schema = z.object({
  directories: z.array(
    z.object({
      name: z.string(),
      objects: z.array(
        z.object({
          name: z.string(),
          attributes: z.array(z.object({ name: z.string(), flowNullValues: z.boolean().nullish() })),
        }),
      ),
    }),
  ),
  synchronizationRules: z.array(
    z.object({
      sourceDirectoryName: z.string(),
      objectMappings: z.array(
        z.object({
          enabled: z.boolean().nullish(),
          flowTypes: z.string().nullish(),
          sourceObjectName: z.string(),
          attributeMappings: z.array(Mapping),
          scope: z.object({ groups: z.array(z.object({ clauses: z.array(Clause) })).nullish() }).nullish(),
        }),
      ),
    }),
  ),
})
const Job = z.object({
  status: JobStatus,
  synchronizationJobSettings: z
    .array(z.object({ name: z.string().nullish(), value: z.string().nullish() }))
    .nullish(),
})
const THRESHOLD = 'QuarantineTooManyDeletesThreshold'

/**
 * `GET …/jobs/{id}/schema` and the settings of `GET …/jobs/{id}`, which need
 * `Synchronization.Read.All`
 * (https://learn.microsoft.com/en-us/graph/api/synchronization-synchronizationschema-get). Rejects
 * with `JobUnavailable`.
 */
export async function readJobSchema(
  graph: Graph,
  endpoint: Endpoint,
  signal: AbortSignal,
): Promise<JobSchema> {
  const path = jobPath(endpoint)
  const read = async (from: string): Promise<unknown> => {
    const response = await graph.get(from, signal)
    if (response.status === 200) return response.json()
    await response.body?.cancel()
    throw new RollcallError(
      'JobUnavailable',
      `the schema of the provisioning job answered ${response.status}`,
    )
  }
  const schema = Schema.safeParse(await read(`${path}/schema`))
  const job = Job.safeParse(await read(path))
  const [rule] = schema.data?.synchronizationRules ?? []
  const mapping = rule?.objectMappings.find(({ enabled }) => enabled !== false)
  if (!schema.success || !rule || !mapping)
    throw new RollcallError('JobUnavailable', 'the schema of the provisioning job has no mapping of users')
  const attributes = schema.data.directories
    .filter(({ name }) => name === rule.sourceDirectoryName)
    .flatMap(({ objects }) => objects.filter(({ name }) => name === mapping.sourceObjectName))
    .flatMap((object) => object.attributes)
  const threshold = job.data?.synchronizationJobSettings?.find(({ name }) => name === THRESHOLD)?.value
  return {
    mappings: mapping.attributeMappings.map(
      ({ targetAttributeName, matchingPriority, flowType, source }) => ({
        target: targetAttributeName,
        sources: attributesIn(source?.expression ?? ''),
        matchingPriority: matchingPriority ?? 0,
        onCreate: flowType === 'ObjectAddOnly' || flowType === 'AttributeAddOnly',
      }),
    ),
    flowsNull: new Set(
      attributes.flatMap(({ name, flowNullValues }) => (flowNullValues === true ? [name] : [])),
    ),
    actions: new Set((mapping.flowTypes ?? 'Add, Update, Delete').split(',').map((action) => action.trim())),
    scopedBy: [
      ...new Set(
        (mapping.scope?.groups ?? []).flatMap(({ clauses }) =>
          clauses.flatMap(({ sourceOperandName }) => sourceOperandName ?? []),
        ),
      ),
    ],
    failures: job.success ? reportOf(job.data.status).failures : null,
    deletionThreshold: threshold === undefined || threshold === null ? null : Number(threshold),
  }
}

/** The attributes that an expression names: `[userName]`, `[addresses[type eq "work"].country]`. */
function attributesIn(expression: string): readonly string[] {
  const named = expression.matchAll(/\[((?:[^[\]]|\[[^\]]*\])+)\]/g)
  return [...new Set([...named].map(([, name = '']) => name))]
}
