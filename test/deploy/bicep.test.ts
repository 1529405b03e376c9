import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { bicepVariables, readBicep } from './bicep.ts'
import { at, documents, ENTITIES, entries, files, list, read, root, VARIABLES } from './support.ts'

const FOLDER = 'deploy/bicep/'
const all = new Map(files(`${FOLDER}*.bicep`).map((path) => [path.slice(FOLDER.length), read(path)]))
const parsed = new Map([...all].map(([name, text]) => [name, readBicep(text)]))
const file = (name: string): ReturnType<typeof readBicep> =>
  parsed.get(name) ?? assert.fail(`there is no ${name}`)

void describe('bicep', () => {
  for (const [name, { problems }] of parsed)
    void test(`${name}: brackets close, every name is declared and used, every resource has a stable API version`, () => {
      assert.deepEqual(problems, [])
    })

  void test('a module is there, is given what it takes and nothing else, and has the outputs that are asked of it', () => {
    const used = new Set(['main.bicep'])
    for (const [name, { modules }] of parsed)
      for (const module of modules) {
        used.add(module.path)
        const { params, outputs } = file(module.path)
        for (const given of module.params) assert.ok(params.has(given), `${module.path} takes ${given}`)
        for (const [param, { required }] of params)
          assert.ok(!required || module.params.includes(param), `${name} gives ${param} to ${module.path}`)
        for (const [, output = ''] of (all.get(name) ?? '').matchAll(
          new RegExp(`\\b${module.name}\\.outputs\\.(\\w+)`, 'g'),
        ))
          assert.ok(outputs.has(output), `${module.path} has the output ${output}`)
      }
    assert.deepEqual(used, new Set(parsed.keys()), 'no file is left out')
  })

  void test('a type has one API version wherever it is used', () => {
    const versions = new Map<string, string>()
    for (const resource of [...parsed.values()].flatMap(({ resources }) => resources)) {
      const [type = '', version = ''] = resource.split('@')
      assert.equal(versions.get(type) ?? version, version, type)
      versions.set(type, version)
    }
  })

  void test('the queues are those of Config.json, and so is every property that is taken from it', () => {
    const text = all.get('service-bus.bicep') ?? ''
    for (const path of file('service-bus.bicep').loaded) assert.ok(existsSync(join(root, FOLDER, path)), path)
    const config: unknown = JSON.parse(read('deploy/service-bus/Config.json'))
    const queues = list(at(config, 'UserConfig', 'Namespaces', 0, 'Queues'))
    assert.ok(text.includes("loadJsonContent('../service-bus/Config.json').UserConfig.Namespaces[0].Queues"))
    const taken = [...text.matchAll(/item\.Properties\.(\w+)/g)].map(([, name = '']) => name)
    for (const wanted of [
      'MaxDeliveryCount',
      'DeadLetteringOnMessageExpiration',
      'RequiresDuplicateDetection',
      'RequiresSession',
    ])
      assert.ok(taken.includes(wanted), wanted)
    for (const queue of queues)
      for (const name of taken)
        assert.notEqual(at(queue, 'Properties', name), undefined, `${String(at(queue, 'Name'))} says ${name}`)
    assert.deepEqual(
      at(config, 'UserConfig', 'Namespaces', 0, 'Topics'),
      [],
      'topics would need resources of their own',
    )
  })

  void test('the connector gets only known settings, and queues that exist', () => {
    const app = all.get('container-app.bicep') ?? ''
    const env = bicepVariables()
    assert.ok(env.size > 15)
    for (const name of env.keys()) assert.ok(VARIABLES.has(name), name)
    for (const name of ['OUTCOMES_QUEUE', 'DEAD_LETTER_QUEUE', 'CONTROL_QUEUE'])
      assert.ok(ENTITIES.has((env.get(name) ?? '').replaceAll("'", '')), name)
    const [, queues = ''] = /^param eventQueues array = \[(.*)\]$/m.exec(all.get('main.bicep') ?? '') ?? []
    for (const queue of queues.replaceAll("'", '').split(', ')) assert.ok(ENTITIES.has(queue), queue)
    for (const path of ['/livez', '/readyz']) assert.ok(app.includes(`path: '${path}', port: port`), path)
  })

  void test('who runs may do what it does and no more: send no events, manage no queue, administer no database', () => {
    const bus = all.get('service-bus.bicep') ?? ''
    const assigned = [
      ...bus.matchAll(
        /resource (\w+) 'Microsoft\.Authorization\/roleAssignments@[^']*' = \[\n +for \(item, index\) in queues: if \((.*)\) \{\n[\s\S]*?principalId: (\w+)\n[\s\S]*?roleDefinitionId: ([\w.]+)\n/g,
      ),
    ].map(([, name, where, who, role]) => ({ name, where, who, role }))
    assert.equal(assigned.length, bus.match(/roleAssignments@/g)?.length, 'none is overlooked')
    const of = (who: string): unknown =>
      assigned.filter((one) => one.who === who).map(({ where, role }) => [role, where])
    assert.deepEqual(of('connectorPrincipalId'), [
      [
        'receiverRole',
        'contains(eventQueues, item.Name) || item.Name == copiesQueue || item.Name == controlQueue',
      ],
      ['senderRole', '!contains(eventQueues, item.Name)'],
    ])
    assert.deepEqual(of('scalerPrincipalId'), [['countingRole.id', 'contains(eventQueues, item.Name)']])
    const [, permissions = ''] = /permissions: \[([\s\S]*?)\n {4}\]/.exec(bus) ?? []
    assert.deepEqual(
      [...permissions.matchAll(/(\w+): \[(.*)\]/g)].map(([, kind, names]) => [kind, names]),
      [
        ['actions', "'Microsoft.ServiceBus/namespaces/queues/read'"],
        ['dataActions', ''],
      ],
    )
    assert.doesNotMatch(bus, /090c5cfd-751d-490a-894a-3ce6f1109419/, 'no identity owns the namespace')
    const [, given = ''] =
      /module postgres '[^']*' = \{([\s\S]*?)\n\}/.exec(all.get('main.bicep') ?? '') ?? []
    assert.match(given, /administratorPrincipalId: databaseAdministratorObjectId/)
    assert.doesNotMatch(given, /identity/)
  })

  void test('secrets come from a vault that only the connector may read and only the operator may write', () => {
    const vault = all.get('vault.bicep') ?? ''
    const assigned = [
      ...vault.matchAll(
        /principalId: (\w+)\n(?: +principalType: 'ServicePrincipal'\n)? +roleDefinitionId: (\w+)/g,
      ),
    ].map(([, who, role]) => [who, role])
    assert.deepEqual(assigned, [
      ['connectorPrincipalId', 'readsSecrets'],
      ['operatorPrincipalId', 'writesSecrets'],
    ])
    assert.match(vault, /var readsSecrets = .*'4633458b-17de-408a-b874-0445c86b69e6'\)/)
    assert.match(vault, /enableRbacAuthorization: true/)
    for (const name of ['main.bicep', 'container-app.bicep', 'settings.bicep'])
      assert.doesNotMatch(all.get(name) ?? '', /listKeys\(\)(?!\.primarySharedKey)|@secure/, name)
  })

  void test('the app and the job have the same settings, secrets and file', () => {
    const app = all.get('container-app.bicep') ?? ''
    for (const what of ['env', 'secrets', 'volumes', 'volumeMounts'])
      assert.equal([...app.matchAll(new RegExp(`${what}: told\\.outputs\\.${what}\\n`, 'g'))].length, 2, what)
  })

  void test('with private endpoints, what has one has no public address', () => {
    const main = all.get('main.bicep') ?? ''
    const [, services = ''] = /services: \[([\s\S]*?)\n {4}\]/.exec(main) ?? []
    const targets = [...services.matchAll(/id: (\w+)\.outputs\.id/g)].map(([, module = '']) => module)
    assert.deepEqual(targets, ['serviceBus', 'vault'])
    for (const module of targets) {
      const [, path = '', body = ''] =
        new RegExp(`module ${module} '([^']*)' = \\{([\\s\\S]*?)\\n\\}`).exec(main) ?? []
      assert.match(body, /isPrivate: privateEndpoints/, module)
      assert.match(all.get(path) ?? '', /publicNetworkAccess: isPrivate \? 'Disabled' : 'Enabled'/, module)
    }
  })

  for (const name of ['contoso.bicepparam', 'main.bicepparam'])
    void test(`${name} gives what must be given, and nothing that there is not`, () => {
      const text = read(`${FOLDER}${name}`)
      assert.match(text, /^using 'main\.bicep'$/m)
      const given = [...text.matchAll(/^param (\w+) = /gm)].map(([, one = '']) => one)
      const { params } = file('main.bicep')
      for (const one of given) assert.ok(params.has(one), one)
      for (const [one, { required }] of params) assert.ok(!required || given.includes(one), one)
      const loaded = [...text.matchAll(/loadTextContent\('([^']*)'\)/g)].map(([, path = '']) => path)
      assert.deepEqual(loaded, ['../rollcall.yaml'])
      assert.ok(existsSync(join(root, FOLDER, '../rollcall.yaml')))
    })

  void test('probes keep within what Container Apps takes', () => {
    // https://learn.microsoft.com/dotnet/api/azure.provisioning.appcontainers.containerappprobe
    const most: Readonly<Record<string, number>> = {
      failureThreshold: 10,
      periodSeconds: 240,
      timeoutSeconds: 240,
      initialDelaySeconds: 60,
    }
    const said = [
      ...(all.get('container-app.bicep') ?? '').matchAll(
        /\b(failureThreshold|periodSeconds|timeoutSeconds|initialDelaySeconds): (\d+)/g,
      ),
    ]
    assert.ok(said.length > 5)
    for (const [, name = '', value] of said)
      assert.ok(Number(value) >= 1 && Number(value) <= (most[name] ?? 0), `${name}: ${value}`)
  })

  void test('azd finds the template, the image and the app, and gives only what the template takes', () => {
    const [azure = {}] = documents(read('azure.yaml'))
    const infra = `${String(at(azure, 'infra', 'path'))}/${String(at(azure, 'infra', 'module'))}`
    assert.ok(existsSync(join(root, `${infra}.bicep`)))
    for (const [name, service] of entries(azure['services'])) {
      assert.ok(existsSync(join(root, String(at(service, 'docker', 'path')))))
      assert.match(all.get('container-app.bicep') ?? '', new RegExp(`'azd-service-name': '${name}'`))
    }
    assert.ok(existsSync(join(root, `${infra}.bicepparam`)))
  })

  void test('what does not hold together is noticed', () => {
    const wrong = (text: string): readonly string[] => readBicep(text).problems
    assert.deepEqual(wrong("param a string\nvar b = '${a}-x'\noutput c string = b\n"), [])
    assert.deepEqual(wrong('param a string\n'), ['a is not used'])
    assert.deepEqual(wrong('output c string = nobody.knows\n'), ['nobody is declared nowhere'])
    assert.deepEqual(wrong("var b = '${nobody}'\noutput c string = b\n"), ['nobody is declared nowhere'])
    assert.deepEqual(wrong("resource a 'Microsoft.X/y@2025-01-01-preview' = {\n}\n"), [
      'a has no stable API version',
    ])
    assert.deepEqual(wrong('output c object = {\n  a: [}\n'), ['} closes nothing', '{ is not closed'])
  })
})
