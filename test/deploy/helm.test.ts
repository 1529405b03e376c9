import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { render } from './helm.ts'
import {
  CHART,
  charted,
  insecurities,
  INSTALLATIONS,
  only,
  overlay,
  validate,
  withoutKubectl,
} from './manifests.ts'
import { at, documents, list, ran, read, type Tree, version } from './support.ts'

const helm = (await ran('helm', ['version'])).code === 0
/** What only one of the two writes: names with a hash, and labels that name Helm. */
const OF_HELM = /^(helm\.sh\/|checksum\/|app\.kubernetes\.io\/(instance|version|managed-by)$)/

/** Manifests by kind, without what tells the two tools apart. */
function plain(manifests: readonly Tree[]): Readonly<Record<string, unknown>> {
  const text = JSON.stringify(manifests).replaceAll(/"rollcall-[a-z\d]{10}"/g, '"rollcall"')
  const parsed = JSON.parse(text, (key, value: unknown) => {
    if (OF_HELM.test(key)) return
    const isEmpty = key === 'annotations' && JSON.stringify(value) === '{}'
    return isEmpty ? undefined : value
  }) as readonly Tree[]
  return Object.fromEntries(parsed.map((manifest) => [String(manifest['kind']), manifest]))
}

void describe('the Helm chart', () => {
  for (const installation of INSTALLATIONS) {
    void test(
      `${installation}: the chart makes what the overlay of Kustomize makes`,
      { skip: withoutKubectl },
      async () => {
        assert.deepEqual(plain(charted(installation)), plain(await overlay(installation)))
      },
    )

    void test(
      `${installation}: helm itself makes the same of it`,
      { skip: !helm && 'there is no helm' },
      async () => {
        const { code, stdout, stderr } = await ran('helm', [
          'template',
          'rollcall',
          CHART,
          '--namespace=rollcall',
          `--values=${CHART}/${installation}.yaml`,
        ])
        assert.equal(code, 0, stderr)
        assert.deepEqual(plain(documents(stdout)), plain(charted(installation)))
      },
    )
  }

  void test('has the version of the package, and an image of that version where nothing else is said', () => {
    const [chart] = documents(read(`${CHART}/Chart.yaml`))
    assert.equal(at(chart, 'version'), version)
    assert.equal(at(chart, 'appVersion'), version)
    const image = (more: object): unknown =>
      at(
        only(charted('aks', { image: more }), 'Deployment'),
        'spec',
        'template',
        'spec',
        'containers',
        0,
        'image',
      )
    assert.equal(image({}), `contoso.azurecr.io/rollcall:${version}`)
    assert.equal(image({ tag: '0.2.0' }), 'contoso.azurecr.io/rollcall:0.2.0')
    assert.equal(image({ digest: 'sha256:abc' }), 'contoso.azurecr.io/rollcall@sha256:abc')
  })

  void test('a file of sources and mapping is mounted where the connector looks for it, and a change starts new pods', () => {
    const of = (configuration: string): readonly Tree[] => charted('aks', { configuration })
    const manifests = of('sources: []\n')
    const [settings, file] = manifests.filter(({ kind }) => kind === 'ConfigMap')
    assert.equal(at(settings, 'data', 'ROLLCALL_CONFIG'), '/config/rollcall.yaml')
    assert.equal(at(file, 'data', 'rollcall.yaml'), 'sources: []\n')
    const template = (given: readonly Tree[]): unknown => at(only(given, 'Deployment'), 'spec', 'template')
    assert.deepEqual(list(at(template(manifests), 'spec', 'volumes', 1)), [])
    assert.deepEqual(at(template(manifests), 'spec', 'volumes', 1), {
      name: 'file',
      configMap: { name: at(file, 'metadata', 'name') },
    })
    assert.notDeepEqual(template(manifests), template(of('sources: [] # changed\n')))
    for (const manifest of manifests) validate(manifest)
  })

  void test('without KEDA the number of instances is said; Prometheus scrapes with the token of the secret', () => {
    const manifests = charted('aks', {
      autoscaling: { enabled: false },
      podMonitor: { enabled: true },
      secretName: 'mine',
    })
    const deployment = only(manifests, 'Deployment')
    assert.equal(at(deployment, 'spec', 'replicas'), 2)
    assert.deepEqual(insecurities(deployment), [])
    assert.ok(!manifests.some(({ kind }) => kind === 'ScaledObject'))
    const scraped = at(only(manifests, 'PodMonitor'), 'spec', 'podMetricsEndpoints', 0)
    assert.deepEqual(at(scraped, 'authorization', 'credentials'), { name: 'mine', key: 'HTTP_TOKEN' })
    assert.equal(
      at(deployment, 'spec', 'template', 'spec', 'containers', 0, 'envFrom', 1, 'secretRef', 'name'),
      'mine',
    )
  })

  void test('its values are those that its schema knows, and no setting is a secret or misspelt', () => {
    const schema: unknown = JSON.parse(read(`${CHART}/values.schema.json`))
    const known = list(at(schema, 'properties', 'settings', 'propertyNames', 'enum'))
    for (const file of ['values', ...INSTALLATIONS] as const) {
      const [values = {}] = documents(read(`${CHART}/${file}.yaml`))
      for (const name of Object.keys(values)) assert.ok(at(schema, 'properties', name), `${file}: ${name}`)
      for (const [name, value] of Object.entries(Object(values['settings']))) {
        assert.ok(known.includes(name), `${file}: ${name}`)
        assert.equal(typeof value, 'string', `${file}: ${name} is a text`)
      }
    }
    for (const secret of ['HTTP_TOKEN', 'AZURE_CLIENT_SECRET']) assert.ok(!known.includes(secret), secret)
  })

  void test('what the reader of templates does not know is an error, not an empty text', () => {
    const of = (template: string): string =>
      render({ templates: { a: template }, values: {}, chart: {}, name: 'x' })
    assert.throws(() => of('{{ upper .Release.Name }}'), /upper is not a function/)
    assert.throws(() => of('{{ $nothing }}'), /nothing here/)
    assert.throws(() => of('{{ if .Values }}'), /not closed/)
    assert.throws(() => of('{{ end }}'), /closes nothing/)
  })
})
