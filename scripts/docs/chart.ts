import { ENVIRONMENT, SECRETS } from '../../src/config/environment.ts'

/**
 * Names of the settings that a ConfigMap may hold: every variable that is not secret, and files of
 * secrets.
 */
const names = (): readonly string[] => [
  ...Object.keys(ENVIRONMENT.shape).filter((name) => name !== 'ROLLCALL_CONFIG' && !SECRETS.includes(name)),
  ...SECRETS.map((name) => `${name}_FILE`),
]
const text = { type: 'string' }
const flag = { type: 'boolean' }
const count = { type: 'integer', minimum: 1 }
const group = (properties: Readonly<Record<string, unknown>>): object => ({
  type: 'object',
  additionalProperties: false,
  properties,
})

/**
 * The schema of the Helm chart's values. Helm refuses a misspelt setting, a secret among them, and
 * a number: Helm would write a large one with an exponent.
 */
export const valuesSchema = (): object => ({
  $schema: 'http://json-schema.org/draft-07/schema#',
  ...group({
    image: group({
      repository: text,
      tag: text,
      digest: { type: 'string', pattern: '^(sha256:[0-9a-f]{64})?$' },
    }),
    settings: {
      type: 'object',
      propertyNames: { enum: names() },
      additionalProperties: text,
      required: ['LEDGER', 'SERVICEBUS_FQDN', 'PROVISIONING_ENDPOINT'],
    },
    configuration: text,
    secretName: text,
    workloadIdentity: text,
    storage: text,
    replicas: count,
    autoscaling: group({
      enabled: flag,
      minReplicas: count,
      maxReplicas: count,
      namespace: text,
      queues: { type: 'array', items: text, minItems: 1 },
      messagesPerReplica: count,
      identity: text,
    }),
    podMonitor: group({ enabled: flag }),
    networkPolicy: group({
      ports: { type: 'array', items: { type: 'integer', minimum: 1, maximum: 65_535 } },
    }),
    resources: { type: 'object' },
    // What Helm itself may add.
    global: { type: 'object' },
  }),
})
