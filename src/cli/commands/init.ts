import type { TemplateOptions } from '../../config/template.ts'
import { EXIT_CODES, RollcallError } from '../../core/errors.ts'
import type { RegisterCommand } from '../support/command.ts'
import { say } from '../support/output.ts'
import { typedAs } from '../support/typed-as.ts'

export const register: RegisterCommand = (program, { environment, finish }) => {
  program
    .command('init')
    .argument('[file]', 'the file to write', 'rollcall.yaml')
    .option('--name <source>', 'name of the source of HR events', '/hr/acme')
    .option('--shape <shape>', 'canonical, own (rules to be written), or a shipped shape', 'canonical')
    .option('--queue <queue>', 'its queue (default: hr-events)')
    .option('--topic <topic>', 'its topic, with --subscription')
    .option('--subscription <subscription>', 'its subscription')
    .option('--sessions', 'the queue or subscription requires sessions', false)
    .option('--zone <zone>', 'IANA zone of the dates in its events', 'UTC')
    .action(async (file, options) => finish(await init(file, options, environment)))
}

interface InitOptions {
  readonly name: string
  readonly shape: string
  readonly queue?: string | undefined
  readonly topic?: string | undefined
  readonly subscription?: string | undefined
  readonly sessions: boolean
  readonly zone: string
}

/**
 * Throws `FileExists` when the file is there, and `ArgumentInvalid` for options that do not fit.
 */
async function init(
  file: string,
  options: InitOptions,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const [{ writeNew }, { configTemplate, SCHEMA_FILE }, { jsonSchema }, { dirname, join }] =
    await Promise.all([
      import('../../compose/files.ts'),
      import('../../config/template.ts'),
      import('../../config/schema.ts'),
      import('node:path'),
    ])
  const template = configTemplate(await templateOptions(options))
  if (!writeNew(file, template)) throw new RollcallError('FileExists', `${file} exists already; name another`)
  // One that is there stays: it may be of another release, on purpose.
  const schema = join(dirname(file), SCHEMA_FILE)
  const isNew = writeNew(schema, `${JSON.stringify(jsonSchema(), null, 2)}\n`)
  say(
    `wrote ${file}${isNew ? ` and ${schema}` : `; ${schema} was there already`}`,
    `next: ${typedAs(environment)} config check ${file}`,
  )
  return EXIT_CODES.done
}

async function templateOptions({
  queue,
  topic,
  subscription,
  shape,
  zone,
  ...rest
}: InitOptions): Promise<TemplateOptions> {
  const [{ SHIPPED_SHAPES }, { zone: knownZone }] = await Promise.all([
    import('../../core/intake/shapes/shipped.ts'),
    import('../../config/values.ts'),
  ])
  const shapes = ['canonical', 'own', ...Object.keys(SHIPPED_SHAPES)]
  if (!shapes.includes(shape)) throw wrong(`--shape takes one of ${shapes.join(', ')}`)
  if (!knownZone.safeParse(zone).success) throw wrong('--zone takes an IANA zone such as Europe/Berlin')
  if (rest.name.trim() === '') throw wrong('--name needs the name of a source, such as /hr/acme')
  if (topic === undefined && subscription === undefined)
    return { ...rest, shape, zone, address: { queue: queue ?? 'hr-events' } }
  if (topic === undefined || subscription === undefined || queue !== undefined)
    throw wrong('give --queue, or --topic and --subscription')
  return { ...rest, shape, zone, address: { topic, subscription } }
}

function wrong(message: string): RollcallError {
  return new RollcallError('ArgumentInvalid', message)
}
