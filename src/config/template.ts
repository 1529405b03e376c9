/** What a first configuration is for. */
export interface TemplateOptions {
  /** Name of the source; also the CloudEvents source of events that a shape makes. */
  readonly name: string
  readonly address: { readonly queue: string } | { readonly topic: string; readonly subscription: string }
  readonly sessions: boolean
  readonly zone: string
  /** `canonical`, `own` for rules to be written, or the name of a shipped shape. */
  readonly shape: string
}

/** The schema beside the file, for editors. */
export const SCHEMA_FILE = 'rollcall.schema.json'

/**
 * A commented `rollcall.yaml` that `config check` accepts as it is. A line that begins with `#` and
 * no blank is an option that is off: without its `#` it is part of the file.
 */
export function configTemplate(options: TemplateOptions): string {
  return [HEAD, sourceLines(options).join('\n'), options.shape === 'own' ? OWN_SHAPE : '', TAIL]
    .filter((part) => part !== '')
    .join('\n')
}

const HEAD = `# yaml-language-server: $schema=./${SCHEMA_FILE}
#
# Configuration of Rollcall. A line that begins with # and no blank is an option that is off.
# rollcall config check names every error, and what rollcall run still needs.

# Settings are environment variables; the environment itself overrides them. Keep secrets out of this
# file: set them in the environment, or write \${NAME}.
settings:
  LOG_LEVEL: info
#  LEDGER: rollcall.db
#  SERVICEBUS_FQDN: contoso.servicebus.windows.net
#  AUTH_MODE: default
#  PROVISIONING_ENDPOINT: https://graph.microsoft.com/v1.0/servicePrincipals/…/synchronization/jobs/…/bulkUpload
# 2000 with Entra ID P1 or P2, 6000 with Entra ID Governance.
#  CALLS_PER_DAY: 2000
# More deactivations than this in 24 hours wait for a person.
#  BRAKE_ABSOLUTE: 500

# Where HR events come from.
sources:`

function sourceLines({ name, address, sessions, zone, shape }: TemplateOptions): readonly string[] {
  return [
    `  - name: ${scalar(name)}`,
    ...('queue' in address
      ? [`    queue: ${scalar(address.queue)}`]
      : [`    topic: ${scalar(address.topic)}`, `    subscription: ${scalar(address.subscription)}`]),
    '    # Whether the queue or subscription requires sessions.',
    `    sessions: ${String(sessions)}`,
    '    # The zone of plain dates in events.',
    `    zone: ${scalar(zone)}`,
    '    # Whether the date of a termination is the last day worked (inclusive) or the first day out.',
    '    lastDay: exclusive',
    '    # What orders the events of one employee: version, sequence or time.',
    `    order: ${shape === 'canonical' ? 'version' : 'time'}`,
    ...shapeLines(shape),
    '    # Other forms of one employee id: e71 and E71, 71 and 00000071.',
    '#    employeeId: { case: upper, pad: 8 }',
    '    # Of two events for the same moment, the one with the higher rank wins.',
    '#    rank: 10',
    '    # The attributes that its snapshots cover.',
    '#    owns: [name, title, department]',
    '',
  ]
}

function shapeLines(shape: string): readonly string[] {
  switch (shape) {
    case 'canonical':
      return ['    # Without a shape, events are canonical: docs/reference/events.md']
    case 'own':
      return ['    # How its payloads are read; see shapes below.', '    shape: own']
    default:
      return [
        '    # How its payloads are read.',
        `    shape: ${scalar(shape)}`,
        '    # Notices say only that something changed: the employee is read from here.',
        '#    read:',
        "#      url: 'https://hr.example.com/employees/{employee}'",
        '#      worker: \'{ "displayName": name, "active": status = "active" }\'',
      ]
  }
}

const OWN_SHAPE = `# rollcall shape test samples/*.json shows what a shape makes of your payloads.
shapes:
  own:
    # Paths that a payload must have, and their kinds; a kind with ? may be missing.
    fields: { id: id, event: text, employee: id, occurredAt: instant, effectiveOn: date? }
    # JSONata over one payload that yields a canonical event.
    event: |
      { "id": $string(id),
        "type": event = "left" ? "worker.terminated" : event = "joined" ? "worker.hired" : "worker.updated",
        "subject": $string(employee),
        "time": occurredAt,
        "data": { "effectiveDate": effectiveOn, "worker": worker } }
`

const TAIL = `# Targets in the directory and where their values come from; beside the default mapping.
mapping:
  attributes:
    active: active
#    title: jobTitle
#    preferredLanguage: { constant: en-US }
#    displayName: { jsonata: 'name.givenName & " " & name.familyName' }

# When an employee who starts later is sent: hold (on the day), early or announce.
#activation: { policy: early, days: 3 }
`

/** A text as YAML: plain where that is unmistakable, otherwise as JSON, which is YAML too. */
function scalar(text: string): string {
  return /^[A-Za-z/][\w./-]*$/.test(text) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text)
    ? text
    : JSON.stringify(text)
}
