import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ALERTS, cureIn } from '../../src/core/alerts/codes.ts'
import { INSTRUMENTS, type InstrumentName, prometheusName } from '../../src/core/telemetry.ts'
import { at, documents, files, list, ran, read, type Tree } from './support.ts'

const names = Object.keys(INSTRUMENTS) as readonly InstrumentName[]
const attributesOf = new Map<string, readonly string[]>(
  names.map((name) => [name, INSTRUMENTS[name].attributes]),
)
/** By the name in a scrape, the attributes; a histogram has three names. */
const scraped = new Map<string, readonly string[]>(
  names.flatMap((name) => {
    const { kind, attributes } = INSTRUMENTS[name]
    const suffixes = kind === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']
    return suffixes.map((suffix) => [prometheusName(name) + suffix, attributes] as const)
  }),
)
/** What Prometheus adds itself. */
const OF_PROMETHEUS = ['instance', 'job', 'pod', 'le']

/** What is wrong with the metrics and labels of a PromQL expression. */
function wrongIn(expression: string): readonly string[] {
  const found = [...expression.matchAll(/\b((?:rollcall|process)_\w+)(?:\{([^}]*)\})?/g)]
  const known = new Set(OF_PROMETHEUS)
  const wrong = found.flatMap(([, metric = '', matchers = '']) => {
    const attributes = scraped.get(metric)
    if (!attributes) return [`${metric} is not a metric`]
    for (const attribute of attributes) known.add(attribute)
    return [...matchers.matchAll(/(\w+)\s*[=!]/g)].flatMap(([, label = '']) =>
      attributes.includes(label) || OF_PROMETHEUS.includes(label) ? [] : [`${metric} has no ${label}`],
    )
  })
  const grouped = [...expression.matchAll(/\b(?:by|without|on) \(([^)]*)\)/g)].flatMap(([, labels = '']) =>
    labels.split(',').map((label) => label.trim()),
  )
  return [...wrong, ...grouped.flatMap((label) => (known.has(label) ? [] : [`nothing has ${label}`]))]
}

const RULES = 'deploy/prometheus/rollcall.rules.yaml'
const [ruleFile = {}] = documents(read(RULES))
const rules = list(ruleFile['groups']).flatMap((group) => list(at(group, 'rules')))
const promtool = (await ran('promtool', ['--version'])).code === 0

void describe('alert rules for Prometheus', () => {
  void test('they ask for metrics and labels that there are', () => {
    assert.ok(rules.length > 20)
    for (const rule of rules)
      assert.deepEqual(wrongIn(String(at(rule, 'expr'))), [], String(at(rule, 'alert')))
  })

  void test('each alert of the connector has a rule, as urgent as the alert and with its words', () => {
    for (const [code, { what, urgency, ...kind }] of Object.entries(ALERTS)) {
      const rule = rules.find((one) => String(at(one, 'expr')).includes(`rollcall_alert{code="${code}"}`))
      assert.equal(at(rule, 'labels', 'severity'), urgency === 'urgent' ? 'critical' : 'warning', code)
      assert.deepEqual(at(rule, 'annotations'), { summary: what, cure: cureIn(kind) }, code)
    }
    const codes = rules.flatMap((one) => /code="([^"]+)"/.exec(String(at(one, 'expr')))?.[1] ?? [])
    assert.deepEqual(codes, Object.keys(ALERTS))
  })

  void test('those of the operator are the same', () => {
    const [manifest = {}] = documents(read('deploy/kubernetes/components/prometheus/prometheus-rule.yaml'))
    assert.deepEqual(at(manifest, 'spec', 'groups'), ruleFile['groups'])
  })

  void test('every rule is tested with series', () => {
    const [tests = {}] = documents(read('deploy/prometheus/rollcall.rules.test.yaml'))
    const fired = new Set(
      list(tests['tests'])
        .flatMap((one) => list(at(one, 'alert_rule_test')))
        .filter((one) => list(at(one, 'exp_alerts')).length > 0)
        .map((one) => at(one, 'alertname')),
    )
    for (const rule of rules) assert.ok(fired.has(at(rule, 'alert')), String(at(rule, 'alert')))
  })

  void test(
    'promtool takes the rules, and each fires when it should',
    { skip: promtool ? false : 'there is no promtool; Debian has it in the package prometheus' },
    async () => {
      for (const args of [
        ['check', 'rules', RULES],
        ['test', 'rules', 'deploy/prometheus/rollcall.rules.test.yaml'],
      ]) {
        const { code, stdout, stderr } = await ran('promtool', args)
        assert.equal(code, 0, stdout + stderr)
      }
    },
  )

  void test('a wrong metric, a wrong label and a wrong grouping are noticed', () => {
    assert.deepEqual(wrongIn('max by (code) (rollcall_alert{code="x"}) > 0'), [])
    assert.deepEqual(wrongIn('rollcall_alerts > 0'), ['rollcall_alerts is not a metric'])
    assert.deepEqual(wrongIn('rollcall_ready{code="x"}'), ['rollcall_ready has no code'])
    assert.deepEqual(wrongIn('max by (code) (rollcall_ready)'), ['nothing has code'])
  })
})

void describe('the dashboard', () => {
  const dashboard = JSON.parse(read('deploy/grafana/rollcall.json')) as Tree
  const panels = list(dashboard['panels'])

  void test('its panels ask for metrics and labels that there are', () => {
    const expressions = panels.flatMap((panel) =>
      list(at(panel, 'targets')).map((one) => String(at(one, 'expr'))),
    )
    assert.ok(expressions.length > 30)
    for (const expression of expressions) assert.deepEqual(wrongIn(expression), [], expression)
    for (const variable of list(at(dashboard, 'templating', 'list'))) {
      const { definition } = variable as Tree
      if (typeof definition === 'string') assert.equal(definition, 'label_values(rollcall_ready, job)')
    }
  })

  void test('panels have ids of their own and lie beside each other', () => {
    const places = panels.map((panel) => at(panel, 'gridPos') as Record<'x' | 'y' | 'w' | 'h', number>)
    assert.equal(new Set(panels.map((panel) => at(panel, 'id'))).size, panels.length)
    for (const [index, a] of places.entries())
      for (const b of places.slice(index + 1))
        assert.ok(
          a.x + a.w <= 24 && (a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y),
          `${JSON.stringify(a)} and ${JSON.stringify(b)}`,
        )
  })
})

/**
 * Documented columns
 * (https://learn.microsoft.com/azure/azure-monitor/reference/tables/aadprovisioninglogs).
 */
const LOG_COLUMNS = new Set(
  'AADTenantId Category ChangeId CorrelationId CycleId DurationMs Id InitiatedBy JobId ModifiedProperties OperationName OperationVersion ProvisioningAction ProvisioningStatusInfo ProvisioningSteps ResultDescription ResultSignature ResultType ServicePrincipal SourceIdentity SourceSystem TargetIdentity TargetSystem TenantId TimeGenerated Type'.split(
    ' ',
  ),
)
const METRIC_COLUMNS = new Set(['Name', 'Sum', 'Max', 'Min', 'ItemCount', 'Properties', 'TimeGenerated'])

void describe('queries for Azure Monitor', () => {
  const queries = files('deploy/azure-monitor/*.kql').map((path) => [path, read(path)] as const)

  void test('they ask for instruments, attributes and columns that there are', () => {
    assert.ok(queries.length > 8)
    for (const [path, text] of queries) {
      const code = text.replaceAll(/\/\/.*/g, '')
      const table = /^\s*(\w+)/.exec(code)?.[1]
      const columns = table === 'AppMetrics' ? METRIC_COLUMNS : LOG_COLUMNS
      assert.ok(table === 'AppMetrics' || table === 'AADProvisioningLogs', path)
      const plain = code.replaceAll(/"[^"]*"/g, '""')
      for (const [, column = ''] of plain.matchAll(/(?<![\w.])([A-Z]\w+)/g))
        assert.ok(column === table || columns.has(column), `${path}: ${column}`)
      const [, name] = /Name == "([^"]+)"/.exec(code) ?? []
      if (table === 'AppMetrics') assert.ok(attributesOf.has(name ?? ''), `${path}: ${name}`)
      for (const [, attribute = ''] of code.matchAll(/Properties\["(\w+)"\]/g))
        assert.ok(attributesOf.get(name ?? '')?.includes(attribute), `${path}: ${attribute}`)
    }
  })

  void test('the rules of the Bicep file have every alert code, by urgency', () => {
    const bicep = read('deploy/bicep/monitoring.bicep')
    for (const urgency of ['urgent', 'normal']) {
      const [, codes = ''] =
        new RegExp(`name: '${urgency}'\\n +severity: \\d\\n +codes: \\[([^\\]]*)\\]`).exec(bicep) ?? []
      const expected = Object.entries(ALERTS).flatMap(([code, kind]) =>
        kind.urgency === urgency ? [code] : [],
      )
      assert.deepEqual(
        [...codes.matchAll(/'([^']+)'/g)].map(([, code]) => code),
        expected,
      )
    }
  })

  void test('the workbook shows them as they are', () => {
    const texts = new Set(queries.map(([, text]) => text.trim()))
    const shown = list(at(JSON.parse(read('deploy/azure-monitor/workbook.json')), 'items'))
      .map((item) => at(item, 'content', 'query'))
      .filter((query) => typeof query === 'string')
    assert.ok(shown.length > 5)
    for (const query of shown) assert.ok(texts.has(query), query)
  })

  void test('the collector sends what it receives, each pipeline to Application Insights', () => {
    const [config = {}] = documents(read('deploy/azure-monitor/collector.yaml'))
    for (const pipeline of Object.values(at(config, 'service', 'pipelines') as Tree))
      for (const part of ['receivers', 'processors', 'exporters'])
        for (const name of list(at(pipeline, part)))
          assert.notEqual(at(config, part, String(name)), undefined, `${part}: ${String(name)}`)
  })
})
