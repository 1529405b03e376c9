import assert from 'node:assert/strict'
import { amqp, type Typed } from '../../../../src/local/service-bus/amqp/rhea-types.ts'
import { type Case } from './bench.ts'
import { manual, receiveOne } from '../../../fakes/receiving.ts'
import * as amqpPeer from './peer.ts'
import { ask, codes, described, encode, longBoolean, message, Peer, symbolMap, textMap } from './peer.ts'

const { attachBoth, attachReceiver, attachSender, begin, credit, disposition, header, open, transfer } =
  amqpPeer
const sessionFilter = 'com.microsoft:session-filter'
const valueOf = (typed: Typed | undefined): unknown => typed?.value
const fieldsOf = (typed: Typed | undefined): readonly Typed[] =>
  Array.isArray(typed?.value) ? (typed.value as readonly Typed[]) : []
/** The entry of a map. */
function entry(map: Typed | undefined, name: string): Typed | undefined {
  const pairs = fieldsOf(map)
  return pairs[pairs.findIndex((key, index) => index % 2 === 0 && key.value === name) + 1]
}

/** Puts a session around `body`. */
function peerCase(
  rule: string,
  source: string,
  body: (peer: Peer, bench: Parameters<Case['body']>[0]) => Promise<void>,
): Case {
  return {
    rule,
    source,
    body: async (bench) => {
      const peer = await Peer.dial(bench.connectionString)
      try {
        await body(peer, bench)
      } finally {
        peer.close()
      }
    },
  }
}

/**
 * What no client library shows. They need a bus that is reached over plain TCP and takes a
 * connection without SASL.
 */
export const frameCases: readonly Case[] = [
  peerCase(
    'a session, a link and credit that are asked for in one write are answered in that order',
    'AMQP 1.0, 2.2',
    async (peer) => {
      peer.write(
        header,
        open(),
        begin(),
        attachReceiver({ name: 'r', handle: 0, address: 'cf-queue' }),
        credit(0, 1, true),
      )
      await peer.next(codes.flow)
      assert.deepEqual(
        peer.heard.map(({ code }) => code),
        [codes.open, codes.begin, codes.attach, codes.flow],
      )
    },
  ),
  peerCase(
    'credit that comes with the wish for any session counts once there is one',
    'AMQP 1.0, 2.6.7',
    async (peer, { client, id }) => {
      const filter = symbolMap({ [sessionFilter]: amqp.Null() })
      const receiver = attachReceiver({ name: 'r', handle: 0, address: 'cf-sessions', filter })
      peer.write(header, open(), begin(), receiver, credit(0, 1))
      await peer.next(codes.begin)
      await client.createSender('cf-sessions').sendMessages({ body: 1, sessionId: id() })
      await peer.next(codes.transfer)
    },
  ),
  peerCase(
    'a boolean in its long form is one: in an outcome, and in a property that a filter asks for',
    'AMQP 1.0, 1.6.2',
    async (peer, { client }) => {
      const rules = client.createRuleManager('cf-topic', 'ruled')
      await rules.deleteRule('$Default')
      await rules.createRule('flagged', { sqlExpression: 'flag = TRUE' })
      await attachBoth(peer, { to: 'cf-topic', from: 'cf-topic/Subscriptions/ruled', credits: 1 })
      peer.write(transfer(0, 0, message({ flag: longBoolean(true) })))
      await peer.next(codes.transfer)
      peer.write(disposition(0, described(0x27, [longBoolean(true), longBoolean(true)])))
      await peer.next(codes.disposition)
      await peer.next(codes.disposition)
      const [peeked] = await client.createReceiver('cf-topic', 'ruled', manual).peekMessages(1)
      assert.equal(peeked?.state, 'deferred')
      await rules.deleteRule('flagged')
      await rules.createRule('$Default', { sqlExpression: '1=1' })
    },
  ),
  ...[true, false].map((isDescribed) =>
    peerCase(
      `the filter of a session is answered ${isDescribed ? 'described' : 'bare'} when it was given so`,
      'read in go-amqp 1.0 and in @azure/service-bus 7.9.5: each insists on its own form',
      async (peer, { id }) => {
        const name = id()
        const bare = amqp.wrap_string(name)
        const given = isDescribed ? amqp.described(amqp.wrap_ulong(0x137000000c), bare) : bare
        const filter = symbolMap({ [sessionFilter]: given })
        peer.write(
          header,
          open(),
          begin(),
          attachReceiver({ name: 'r', handle: 0, address: 'cf-sessions', filter }),
        )
        const attach = await peer.next(codes.attach)
        const answered = entry(fieldsOf(attach.fields[5])[7], sessionFilter)
        assert.equal(valueOf(answered), name)
        assert.equal(answered?.descriptor?.value, isDescribed ? 0x137000000c : undefined)
      },
    ),
  ),
  peerCase(
    'performatives carry every field, and the open and the begin their limits',
    'read in azure-servicebus 7.14 for Python, which takes fields by their index; AMQP 1.0, 2.7',
    async (peer, { client }) => {
      await client.createSender('cf-queue').sendMessages({ body: 1 })
      peer.write(
        header,
        open(),
        begin(),
        attachReceiver({ name: 'r', handle: 0, address: 'cf-queue' }),
        credit(0, 1, true),
        attachReceiver({ name: 'none', handle: 1, address: 'cf-none' }),
      )
      const detach = await peer.next(codes.detach)
      const received = await peer.next(codes.transfer)
      await peer.next(codes.flow)
      peer.write(disposition(0, described(0x24, [])))
      await peer.next(codes.disposition)
      const counts = new Map(peer.heard.map(({ code, fields }) => [code, fields.length]))
      assert.deepEqual(
        [counts.get(codes.open), counts.get(codes.begin), counts.get(codes.attach), counts.get(codes.flow)],
        [10, 8, 14, 11],
      )
      assert.deepEqual(
        [received.fields.length, counts.get(codes.disposition), detach.fields.length],
        [11, 6, 3],
      )
      assert.equal(fieldsOf(detach.fields[2]).length, 3)
      const [opened, begun] = peer.heard
      assert.equal(typeof valueOf(opened?.fields[3]), 'number')
      assert.equal(typeof valueOf(begun?.fields[4]), 'number')
    },
  ),
  peerCase(
    'the answer of a management node comes after the acceptance of its request',
    'seen with uAMQP 1.5, which ends the process otherwise',
    async (peer) => {
      const address = 'cf-queue/$management'
      await attachBoth(peer, { to: address, from: address, credits: 10 })
      const request = encode(
        amqp.described(amqp.wrap_ulong(0x73), amqp.List32([amqp.wrap_string('m')])),
        amqp.described(
          amqp.wrap_ulong(0x74),
          textMap({ operation: amqp.wrap_string('com.microsoft:peek-message') }),
        ),
        amqp.described(amqp.wrap_ulong(0x77), textMap({ 'message-count': amqp.wrap_int(1) })),
      )
      peer.write(transfer(0, 0, request))
      await peer.next(codes.transfer)
      const order = peer.heard.map(({ code }) => code)
      assert.ok(order.indexOf(codes.disposition) >= 0)
      assert.ok(order.indexOf(codes.disposition) < order.indexOf(codes.transfer))
    },
  ),
  peerCase(
    'a settlement is answered with the outcome that was carried out',
    'read in azure-messaging-servicebus for Java, which takes any other for a failure',
    async (peer, { client }) => {
      await client.createSender('cf-queue').sendMessages([1, 2, 3, 4, 5].map((body) => ({ body })))
      peer.write(
        header,
        open(),
        begin(),
        attachReceiver({ name: 'r', handle: 0, address: 'cf-queue' }),
        credit(0, 5),
      )
      for (let count = 0; count < 5; count += 1) await peer.next(codes.transfer)
      const given = [
        described(0x24, []),
        described(0x27, [amqp.wrap_boolean(true), amqp.wrap_boolean(false)]),
        described(0x27, [amqp.wrap_boolean(true), amqp.wrap_boolean(true)]),
        described(0x25, [described(0x1d, [amqp.wrap_symbol('com.microsoft:dead-letter')])]),
        described(0x26, []),
      ]
      peer.write(...given.map((state, id) => disposition(id, state)))
      const answers: unknown[] = []
      for (const state of given) {
        const { fields } = await peer.next(codes.disposition)
        const [answer, settled] = [fields[4], fields[3]]
        assert.equal(valueOf(settled), true)
        assert.equal(answer?.descriptor?.value, state.descriptor?.value)
        answers.push(valueOf(fieldsOf(answer)[1]))
      }
      assert.deepEqual(answers, [undefined, false, true, undefined, undefined])
    },
  ),
  peerCase(
    'a delivery shows its lock token, and what its sender annotated for it',
    'read in azure-servicebus 7.14 for Python; AMQP 1.0, 3.2.2',
    async (peer) => {
      await attachBoth(peer, { to: 'cf-queue', from: 'cf-queue', credits: 1 })
      const mine = amqp.described(amqp.wrap_ulong(0x71), symbolMap({ mine: amqp.wrap_string('yes') }))
      peer.write(transfer(0, 0, message({}, [mine])))
      const { fields, payload } = await peer.next(codes.transfer)
      const reader = new amqp.Reader(payload)
      reader.read()
      const annotations = reader.read()
      assert.equal(valueOf(entry(annotations, 'mine')), 'yes')
      const tag = valueOf(fields[2])
      const token = valueOf(entry(annotations, 'x-opt-lock-token'))
      assert.ok(Buffer.isBuffer(tag) && Buffer.isBuffer(token))
      // The tag has the byte order of .NET.
      const guid = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map((index) => tag[index])
      assert.deepEqual([...token], guid)
    },
  ),
  peerCase(
    'a sender and a receiver of one name in one session are two links',
    'AMQP 1.0, 2.6.1',
    async (peer) => {
      peer.write(
        header,
        open(),
        begin(),
        attachSender({ name: 'same', handle: 0, address: 'cf-queue' }),
        attachReceiver({ name: 'same', handle: 1, address: 'cf-queue' }),
        credit(1, 1),
      )
      const links = [await peer.next(codes.attach), await peer.next(codes.attach)]
      assert.deepEqual(
        links.map(({ fields }) => [valueOf(fields[0]), valueOf(fields[2])]),
        [
          ['same', true],
          ['same', false],
        ],
      )
      peer.write(transfer(0, 0, message()))
      await peer.next(codes.transfer)
    },
  ),
  peerCase(
    'a link to the transaction coordinator is refused as not implemented',
    'AMQP 1.0, 4.3 and 2.6.3',
    async (peer) => {
      const target = described(0x30, [])
      peer.write(header, open(), begin(), attachSender({ name: 't', handle: 0, address: '', target }))
      const { fields } = await peer.next(codes.attach)
      assert.equal(valueOf(fields[6]), null)
      const detach = await peer.next(codes.detach)
      assert.equal(valueOf(fieldsOf(detach.fields[2])[0]), 'amqp:not-implemented')
    },
  ),
  peerCase(
    'a token for what does not exist is refused, with the whole address in the text',
    'azure-sdk-for-python: cbs.py; Messaging exceptions',
    async (peer) => {
      await attachBoth(peer, { to: '$cbs', from: '$cbs', credits: 10 })
      for (const [id, name] of ['sb://some.host/cf-none', 'sb://some.host/cf-queue'].entries()) {
        const properties = textMap({ operation: amqp.wrap_string('put-token'), name: amqp.wrap_string(name) })
        peer.write(
          transfer(
            0,
            id,
            encode(
              amqp.described(amqp.wrap_ulong(0x74), properties),
              amqp.described(amqp.wrap_ulong(0x77), amqp.wrap_string('token')),
            ),
          ),
        )
      }
      const answers: (readonly unknown[])[] = []
      for (let count = 0; count < 2; count += 1) {
        const { payload } = await peer.next(codes.transfer)
        const reader = new amqp.Reader(payload)
        let section = reader.read()
        while (section.descriptor?.value !== 0x74) section = reader.read()
        answers.push(['status-code', 'status-description'].map((key) => valueOf(entry(section, key))))
      }
      assert.deepEqual(
        answers.map(([status]) => status),
        [404, 202],
      )
      assert.match(String(answers[0]?.[1]), /'sb:\/\/some\.host\/cf-none' could not be found/)
    },
  ),
  peerCase(
    'a link to what does not exist is refused with the whole address in the text',
    'Messaging exceptions; azure-sdk-for-js: serviceBusClient.spec.ts',
    async (peer, { client }) => {
      peer.write(header, open(), begin(), attachSender({ name: 's', handle: 0, address: 'cf-none' }))
      const { fields } = await peer.next(codes.detach)
      const [condition, text] = fieldsOf(fields[2])
      assert.equal(valueOf(condition), 'amqp:not-found')
      assert.match(String(valueOf(text)), /'sb:\/\/some\.host\/cf-none' could not be found/)
      await client.createSender('cf-queue').sendMessages({ body: 1 })
      await receiveOne(client.createReceiver('cf-queue', manual))
    },
  ),
  {
    rule: 'an empty state removes the state of a session',
    source: 'AMQP request/response: set-session-state; read in azure-sdk-for-go: SetSessionState',
    body: async ({ client, connectionString, id }) => {
      const sessionId = id()
      await client.createSender('cf-sessions').sendMessages({ body: 1, sessionId })
      const receiver = await client.acceptSession('cf-sessions', sessionId, manual)
      await receiver.setSessionState({ step: 2 })
      await ask(connectionString, 'cf-sessions/$management', 'com.microsoft:set-session-state', {
        'session-id': amqp.wrap_string(sessionId),
        'session-state': amqp.wrap_binary(Buffer.alloc(0)),
      })
      assert.ok(!(await receiver.getSessionState()))
    },
  },
]
