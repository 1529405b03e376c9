import type { Config } from '../../config/load.ts'
import { nearest } from '../../config/nearest.ts'
import type { Json } from '../../core/model.ts'
import { DEFAULT_RULES } from '../../core/plan/mapping/mapping.ts'
import { rulesOfMapping } from '../samples/sample-rules.ts'
import { unmatchedNames } from '../samples/unmatched.ts'
import type { Proof } from './proof.ts'
import { judgeTarget } from './targets.ts'

/**
 * Worker attributes of canonical events. Those without a default rule are documented all the same.
 */
const KNOWN_ATTRIBUTES: readonly string[] = [
  ...DEFAULT_RULES.map(({ from }) => from),
  'hireDate',
  'terminationDate',
]

/**
 * Names in the configuration that look misspelt. A target that SCIM does not know fails. A worker
 * attribute can have any name, so one that is nearly a known one is only pointed out.
 */
export function proveMapping(config: Config): readonly Proof[] {
  const wrong = [...targetProofs(config), ...attributeProofs(config)]
  const failed = wrong.some(({ outcome }) => outcome === 'failed')
  return failed
    ? wrong
    : [
        {
          what: 'mapping',
          outcome: 'ok',
          say: `fills ${config.rules.places.size} attributes that the directory can hold`,
        },
        ...wrong,
      ]
}

function targetProofs({ file }: Config): readonly Proof[] {
  const { mapping, targets = {} } = file?.content ?? {}
  const named = [
    ...Object.keys(mapping?.attributes ?? {}).map((target) => ({ what: `mapping of ${target}`, target })),
    ...Object.entries(targets).flatMap(([name, places]) =>
      [places].flat().map((target) => ({ what: `targets ${name}`, target })),
    ),
  ]
  return named.flatMap(({ what, target }): readonly Proof[] => {
    const judged = judgeTarget(target)
    if (judged.kind !== 'unknown') return []
    if (judged.meant !== null)
      return [
        {
          what,
          outcome: 'failed',
          say: `SCIM has no attribute ${target}; did you mean ${judged.meant}?`,
        },
      ]
    return [
      {
        what,
        outcome: 'not known',
        say: `SCIM has no attribute ${target}; write one of your own with its schema, urn:…:User:${target}`,
      },
    ]
  })
}

/** What the shapes of the sources write is known too: an event has it under that very name. */
function attributeProofs(config: Config): readonly Proof[] {
  const { content } = config.file ?? {}
  const written = JSON.stringify(config.rules.sources.map(({ shape }) => shape?.rules ?? null))
  const isKnown = (name: string): boolean => KNOWN_ATTRIBUTES.includes(name) || written.includes(name)
  const named = (what: string, name: string): Misspelt => ({ what, name, meant: nearest(name, KNOWN_NAMES) })
  const misspelt: readonly Misspelt[] = [
    ...rulesOfMapping(config).flatMap((rule) =>
      rule.kind === 'path'
        ? [named(rule.rule, rule.path)]
        : unmatchedNames([rule], [KNOWN_WORKER]).map(({ name, meant }) => ({ what: rule.rule, name, meant })),
    ),
    ...config.OUTCOME_VALUES.map((name) => named('OUTCOME_VALUES', name)),
    ...(content?.activation?.policy === 'announce'
      ? [named('activation', content.activation.attribute)]
      : []),
    ...(content?.sources ?? []).flatMap(({ name: source, owns = [] }) =>
      owns.map((name) => named(`owns of ${source}`, name)),
    ),
  ]
  return misspelt.flatMap(({ what, name, meant }): readonly Proof[] =>
    meant === null || meant === name || isKnown(name)
      ? []
      : [
          {
            what,
            outcome: 'not known',
            say: `no default attribute is called ${name}; did you mean ${meant}?`,
          },
        ],
  )
}

/** A name of a worker attribute, and the known one that was probably meant. */
interface Misspelt {
  readonly what: string
  readonly name: string
  readonly meant: string | null
}

/** Attributes and what groups them: a prefix such as `emails` may be named as well. */
const KNOWN_NAMES: readonly string[] = [
  ...new Set(
    KNOWN_ATTRIBUTES.flatMap((path) => {
      const parts = path.split('.')
      return parts.map((_, index) => parts.slice(0, index + 1).join('.'))
    }),
  ),
]

/** A worker that has every known attribute. */
const KNOWN_WORKER: Json = Object.fromEntries(
  [...new Set(KNOWN_NAMES.flatMap((path) => path.split('.')))].map((name) => [name, true]),
)
