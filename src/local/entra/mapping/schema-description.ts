import type { Settings } from '../settings.ts'
import { attributeMappingsOf, sourcesOf } from './mapping.ts'
import type { AttributeMapping, ScopeClause } from './mapping-settings.ts'

type Json = Readonly<Record<string, unknown>>

const USER = 'User'

/**
 * The schema of the job as `GET …/jobs/{id}/schema` gives it: which attributes are known and mapped,
 * what finds a user, and who is in scope. Source: the synchronizationSchema resource
 * (https://learn.microsoft.com/en-us/graph/api/resources/synchronization-synchronizationschema).
 */
export function describeSchema(settings: Settings): Json {
  const mappings = attributeMappingsOf(settings)
  const { create, update } = settings.targetActions
  // As in the null flow itself: the key and what a create needs are never cleared.
  const isKept = (name: string): boolean => name === 'externalId' || settings.mandatory.includes(name)
  return {
    id: settings.jobId,
    version: '1',
    directories: [
      {
        name: 'API',
        objects: [
          {
            name: USER,
            attributes: [...new Set(mappings.flatMap(sourcesOf))].map((name) => ({
              name,
              type: 'String',
              anchor: name === 'externalId',
              flowNullValues: !isKept(name) && (settings.sourceFlowNull[name] ?? settings.flowNulls),
              multivalued: false,
              mutability: 'ReadWrite',
              required: false,
            })),
          },
        ],
      },
    ],
    synchronizationRules: [
      {
        name: 'USER_INBOUND_USER',
        sourceDirectoryName: 'API',
        targetDirectoryName: settings.targetSystemName,
        objectMappings: [
          {
            enabled: true,
            flowTypes: [create ? 'Add' : [], update ? 'Update' : [], 'Delete'].flat().join(', '),
            sourceObjectName: USER,
            targetObjectName: USER,
            attributeMappings: mappings.map(describeMapping),
            scope:
              settings.scope.length === 0
                ? null
                : { groups: settings.scope.map((clauses) => ({ clauses: clauses.map(describeClause) })) },
          },
        ],
      },
    ],
  }
}

function describeMapping(mapping: AttributeMapping): Json {
  return {
    targetAttributeName: mapping.target,
    defaultValue: mapping.defaultIfNull ?? null,
    flowBehavior: 'FlowWhenChanged',
    flowType: mapping.apply === 'onCreate' ? 'ObjectAddOnly' : 'Always',
    matchingPriority: mapping.matching ?? 0,
    source: describeSource(mapping),
  }
}

function describeSource(mapping: AttributeMapping): Json | null {
  switch (mapping.type) {
    case 'direct':
      return { type: 'Attribute', name: mapping.source, expression: `[${mapping.source}]` }
    case 'constant':
      return { type: 'Constant', name: mapping.value, expression: `"${mapping.value}"` }
    case 'expression':
      return { type: 'Function', name: null, expression: mapping.expression }
    case 'none':
      return null
  }
}

function describeClause({ source, operator, value }: ScopeClause): Json {
  return { sourceOperandName: source, operatorName: operator, targetOperand: { values: [{ value }] } }
}
