import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { it } from 'node:test'
import { createContainer } from '../../../src/local/service-bus/amqp/rhea-types.ts'

const load = createRequire(import.meta.url)

/**
 * `rhea-types.ts` describes internals of one version of rhea. This fails when another one
 * is installed, or a part has moved.
 */
void it('the installed rhea has the internals that the double was written for', () => {
  const { version } = load('rhea/package.json') as { readonly version: string }
  assert.equal(version, '3.0.5')

  const connection: object = createContainer({ id: 'x' }).create_connection({})
  const has = (target: object, name: string) =>
    assert.ok(name in target, `${target.constructor.name} has no ${name}`)
  for (const name of [
    'amqp_transport',
    'remote_channel_map',
    'local',
    'remote',
    'accept',
    'close',
    'is_closed',
    '_process',
    '_disconnected',
  ]) {
    has(connection, name)
  }
  for (const name of ['header_received', 'read', 'peek_size', 'encode'])
    has(Reflect.get(connection, 'amqp_transport') as object, name)

  const session = Reflect.apply(Reflect.get(connection, 'create_session') as () => object, connection, [])
  for (const name of [
    'incoming',
    'outgoing',
    'links',
    '_write_flow',
    'local',
    'remote',
    'on_attach',
    'create_sender',
    'create_receiver',
  ])
    has(session, name)
  for (const name of ['next_transfer_id', 'max_transfer_id', 'window'])
    has(Reflect.get(session, 'incoming') as object, name)
  has(Reflect.get(session, 'outgoing') as object, 'next_transfer_id')

  const link = Reflect.apply(Reflect.get(session, 'create_sender') as (name: string) => object, session, [
    'x',
  ])
  for (const name of [
    'state',
    'credit',
    'delivery_count',
    '_get_drain',
    'on_attach',
    'is_receiver',
    'set_source',
    'set_target',
    'open',
    'close',
    'local',
  ])
    has(link, name)
  for (const name of ['local_open', 'open_requests']) has(Reflect.get(link, 'state') as object, name)
  has(
    Reflect.apply(Reflect.get(session, 'create_receiver') as (name: string) => object, session, ['y']),
    'flow',
  )
})
