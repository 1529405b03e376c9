import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { intakeLoop, type IntakeSettings } from '../../../src/core/intake/loop.ts'
import { DEFAULT_SOURCE } from '../../../src/core/intake/sources.ts'
import type { IntakeBatch, RecordResult } from '../../../src/core/ledger/port/intake.ts'
import type { SourceMessage, SourceQueue } from '../../../src/core/ports.ts'
import { fakeInbox } from '../../fakes/inbox.ts'
import { cloudEvent, message } from '../../fakes/messages.ts'
import { virtualRuntime } from '../../fakes/virtual-runtime.ts'

const settings: IntakeSettings = {
  batchSize: 3,
  batchMs: 20,
  quietMs: 1_000,
  maxWaitMs: 10_000,
  backlogPerSecond: 4,
  skewMs: 500,
}
const good = (sequence: number): SourceMessage =>
  message({ ...cloudEvent, id: `e-${sequence}` }, { sequence: String(sequence) })
const bad = (sequence: number): SourceMessage => message(null, { sequence: String(sequence), text: '{' })

/** A ledger that commits what it is given, unless the test makes it unavailable or slow. */
function fakeLedger() {
  const batches: IntakeBatch[] = []
  let away = false
  let pings = 0
  let gate: Promise<void> | null = null
  let open = (): void => {}
  return {
    batches,
    get pings() {
      return pings
    },
    goAway: () => (away = true),
    comeBack: () => (away = false),
    hold: () => {
      ;({ promise: gate, resolve: open } = Promise.withResolvers<void>())
    },
    letGo: () => open(),
    recordMessages: async (batch: IntakeBatch): Promise<RecordResult> => {
      await gate
      if (away) throw new TypeError('the ledger is away')
      batches.push(batch)
      return { fresh: batch.messages.length, duplicates: 0, replays: 0, redelivered: 0, rejected: 0 }
    },
    ping: async (): Promise<null> => {
      pings += 1
      if (away) throw new TypeError('the ledger is away')
      return null
    },
  }
}

function start(t: TestContext, inbox = fakeInbox(), more: Partial<IntakeSettings> = {}) {
  const runtime = virtualRuntime()
  const ledger = fakeLedger()
  let told = 0
  const service = intakeLoop({
    sourceQueue: inbox,
    ledger,
    sources: () => DEFAULT_SOURCE,
    settings: { ...settings, ...more },
    runtime,
    onRecorded: () => (told += 1),
  })
  const running = service.run()
  t.after(async () => {
    ledger.letGo()
    await service.stop()
    await running
  })
  const sequences = (): string[][] =>
    ledger.batches.map(({ messages }) => messages.map(({ sequence }) => sequence))
  return { runtime, ledger, inbox, service, sequences, told: () => told }
}

void describe('messages become events in micro-batches', () => {
  void test('messages that arrive within the window are committed together', async (t) => {
    const { runtime, inbox, sequences, told } = start(t)
    await runtime.settle()
    inbox.deliver(good(0))
    await runtime.settle()
    inbox.deliver(good(1))
    await runtime.advance(10)
    inbox.deliver(good(2))
    await runtime.advance(9)
    assert.deepEqual(sequences(), [['0']])
    await runtime.advance(1)
    assert.deepEqual(sequences(), [['0'], ['1', '2']])
    assert.equal(told(), 2)
  })

  void test('a message that arrives after a rest of four windows waits for no other', async (t) => {
    const { runtime, inbox, sequences } = start(t)
    await runtime.settle()
    for (const [index, restMs] of [80, 79, 0].entries()) {
      inbox.deliver(good(index))
      await runtime.settle()
      assert.deepEqual(sequences().flat(), [['0'], ['0', '1'], ['0', '1']][index])
      await runtime.advance(restMs)
    }
  })

  void test('a full batch is committed at once', async (t) => {
    const { runtime, inbox, sequences } = start(t)
    await runtime.settle()
    inbox.deliver(good(1), good(2), good(3), good(4))
    await runtime.settle()
    assert.deepEqual(sequences(), [['1', '2', '3']])
    await runtime.advance(20)
    assert.deepEqual(sequences(), [['1', '2', '3'], ['4']])
  })

  void test('a batch that fills up within the window is committed at once', async (t) => {
    const { runtime, inbox, sequences } = start(t)
    await runtime.settle()
    inbox.deliver(good(0))
    await runtime.settle()
    inbox.deliver(good(1), good(2), good(3))
    await runtime.settle()
    assert.deepEqual(sequences(), [['0'], ['1', '2', '3']])
  })

  void test('a commit comes before any settlement', async (t) => {
    const { runtime, inbox, ledger } = start(t)
    ledger.hold()
    await runtime.settle()
    inbox.deliver(good(1), bad(2))
    await runtime.advance(60_000)
    assert.equal(inbox.settled.size, 0)
    ledger.letGo()
    await runtime.settle()
    assert.deepEqual(Object.fromEntries(inbox.settled), { 1: 'complete', 2: 'BodyNotJson' })
  })

  void test('a refused message is counted in the same commit, with its reason', async (t) => {
    const { runtime, inbox, ledger } = start(t)
    await runtime.settle()
    inbox.deliver(good(1), bad(2), message([cloudEvent, { ...cloudEvent, id: 'e-9' }], { sequence: '3' }))
    await runtime.advance(20)
    assert.deepEqual(
      ledger.batches[0]?.messages.map(({ sequence, events, rejected }) => [
        sequence,
        events.length,
        rejected,
      ]),
      [
        ['1', 1, null],
        ['2', 0, 'BodyNotJson'],
        ['3', 2, null],
      ],
    )
  })

  void test('only one commit runs at a time, whatever else is read', async (t) => {
    const { runtime, inbox, ledger, sequences } = start(t)
    let underWay = 0
    let most = 0
    const { recordMessages } = ledger
    ledger.recordMessages = async (batch) => {
      most = Math.max(most, (underWay += 1))
      const result = await recordMessages(batch)
      underWay -= 1
      return result
    }
    ledger.hold()
    await runtime.settle()
    inbox.deliver(...Array.from({ length: 9 }, (_, index) => good(index + 1)))
    await runtime.advance(1_000)
    ledger.letGo()
    await runtime.advance(1_000)
    assert.deepEqual(sequences().flat(), ['1', '2', '3', '4', '5', '6', '7', '8', '9'])
    assert.equal(most, 1)
  })

  void test('messages count as a backlog only while there are many per second', async (t) => {
    const { runtime, inbox, ledger } = start(t)
    await runtime.settle()
    inbox.deliver(...[1, 2, 3, 4, 5, 6].map(good))
    await runtime.advance(2_000)
    inbox.deliver(good(7))
    await runtime.advance(20)
    assert.deepEqual(
      ledger.batches.map(({ backlog }) => backlog),
      [false, true, false],
    )
    assert.deepEqual([ledger.batches[0]?.quietMs, ledger.batches[0]?.maxWaitMs], [1_000, 10_000])
  })

  void test('as many messages per second as are usual are no backlog', async (t) => {
    const { runtime, inbox, ledger } = start(t)
    await runtime.settle()
    inbox.deliver(...[1, 2, 3, 4].map(good))
    await runtime.advance(500)
    assert.deepEqual(
      ledger.batches.map(({ messages, backlog }) => [messages.length, backlog]),
      [
        [3, false],
        [1, false],
      ],
    )
  })
})

void describe('when the ledger does not answer', () => {
  void test('no message is abandoned, the receiver stops at once, and reopens when the ledger answers', async (t) => {
    const { runtime, inbox, ledger, sequences } = start(t)
    await runtime.settle()
    ledger.goAway()
    inbox.deliver(good(1), bad(2))
    await runtime.advance(20)
    assert.deepEqual([inbox.isOpen, inbox.settled.size, inbox.opened], [false, 0, 1])

    await runtime.advance(15 * 60_000)
    assert.deepEqual([inbox.isOpen, inbox.settled.size, inbox.opened], [false, 0, 1])
    assert(ledger.pings < 100, `${ledger.pings} questions in a quarter of an hour`)

    ledger.comeBack()
    await runtime.advance(15_000)
    assert.equal(inbox.isOpen, true)
    // First what was kept, then what came again and is known.
    assert.deepEqual(sequences(), [
      ['1', '2'],
      ['1', '2'],
    ])
    assert.deepEqual(Object.fromEntries(inbox.settled), { 1: 'complete', 2: 'BodyNotJson' })
    assert.deepEqual(inbox.unsettled, [])
  })

  /** An inbox whose settlements wait until they are let go, and what happened to it in order. */
  function slowInbox() {
    const inbox = fakeInbox()
    const { open: openFake } = inbox
    const answered = Promise.withResolvers<void>()
    const happened: string[] = []
    const open: SourceQueue['open'] = async (onMessage) => {
      const receiver = await openFake(onMessage)
      return {
        ...receiver,
        settle: async (dispositions) => {
          await answered.promise
          await receiver.settle(dispositions)
          happened.push('settled')
        },
        close: async () => {
          happened.push('closed')
          await receiver.close()
        },
      }
    }
    return { inbox: Object.assign(inbox, { open }), happened, letGo: () => answered.resolve() }
  }

  void test('a settlement in progress ends before the receiver closes, so a committed message is not delivered again', async (t) => {
    const { inbox, happened, letGo } = slowInbox()
    const { runtime, ledger } = start(t, inbox)
    await runtime.settle()
    inbox.deliver(good(1))
    await runtime.advance(20)
    ledger.goAway()
    inbox.deliver(good(2))
    await runtime.advance(20)
    assert.deepEqual(happened, [])
    letGo()
    await runtime.settle()
    assert.deepEqual(happened, ['settled', 'closed'])
  })

  void test('a settlement that the bus does not answer keeps the receiver open for a second', async (t) => {
    const { inbox, happened } = slowInbox()
    const { runtime, ledger } = start(t, inbox)
    await runtime.settle()
    inbox.deliver(good(1))
    await runtime.advance(20)
    ledger.goAway()
    inbox.deliver(good(2))
    await runtime.advance(1_020)
    assert.deepEqual(happened, ['closed'])
  })

  void test('a ledger that answers and still refuses is tried again only after a pause', async (t) => {
    const { runtime, inbox, ledger } = start(t)
    ledger.recordMessages = async () => {
      throw new TypeError('refused')
    }
    await runtime.settle()
    inbox.deliver(good(1))
    await runtime.advance(60_000)
    assert(inbox.opened < 15, `opened ${inbox.opened} times in a minute`)
    assert.equal(inbox.settled.size, 0)
  })

  void test('received messages are committed before any other is received, so that no delivery is used up', async (t) => {
    const { runtime, inbox, ledger, sequences } = start(t)
    const { recordMessages } = ledger
    ledger.recordMessages = async () => {
      throw new TypeError('refused')
    }
    await runtime.settle()
    inbox.deliver(good(1), good(2), good(3), good(4), good(5))
    await runtime.advance(3_000)
    assert.deepEqual([inbox.isOpen, inbox.opened], [false, 1])
    ledger.recordMessages = recordMessages
    await runtime.advance(1_500)
    assert.deepEqual(sequences().slice(0, 2), [
      ['1', '2', '3'],
      ['4', '5'],
    ])
    assert.deepEqual([inbox.isOpen, inbox.opened, inbox.settled.size], [true, 2, 5])
  })

  void test('messages read during a failed commit are committed too', async (t) => {
    const { runtime, inbox, ledger, sequences } = start(t)
    ledger.hold()
    await runtime.settle()
    inbox.deliver(...[1, 2, 3, 4, 5, 6, 7].map(good))
    await runtime.advance(100)
    ledger.goAway()
    ledger.letGo()
    await runtime.advance(500)
    assert.deepEqual([inbox.isOpen, inbox.settled.size], [false, 0])
    ledger.comeBack()
    await runtime.advance(2_000)
    assert.deepEqual(sequences().slice(0, 3), [['1', '2', '3'], ['4', '5', '6'], ['7']])
    assert.deepEqual([inbox.isOpen, inbox.opened, inbox.settled.size], [true, 2, 7])
  })

  void test('messages are received less and less often while the ledger commits nothing for a quarter of an hour', async (t) => {
    const { runtime, inbox, ledger } = start(t)
    ledger.recordMessages = async () => {
      throw new TypeError('refused')
    }
    await runtime.settle()
    inbox.deliver(good(1))
    await runtime.advance(15 * 60_000)
    assert(inbox.opened < 10, `opened ${inbox.opened} times`)
    assert(inbox.opened > 3, `opened ${inbox.opened} times`)
  })

  void test('a commit ends the growth of the pauses', async (t) => {
    const { runtime, inbox, ledger } = start(t)
    const { recordMessages } = ledger
    let refuses = (): boolean => inbox.opened < 3
    ledger.recordMessages = async (batch) => {
      if (refuses()) throw new TypeError('refused')
      return recordMessages(batch)
    }
    await runtime.settle()
    inbox.deliver(good(1))
    await runtime.advance(60_000)
    assert.deepEqual([inbox.opened, inbox.settled.get('1')], [3, 'complete'])
    refuses = () => true
    inbox.deliver(good(2))
    await runtime.advance(10_000)
    assert.equal(inbox.opened, 4)
  })

  void test('one message that it never commits does not block the others, and is not settled', async (t) => {
    const { runtime, inbox, ledger, sequences } = start(t)
    const { recordMessages } = ledger
    ledger.recordMessages = async (batch) => {
      if (batch.messages.some(({ sequence }) => sequence === '2')) throw new TypeError('refused')
      return recordMessages(batch)
    }
    await runtime.settle()
    inbox.deliver(good(1), good(2), good(3))
    await runtime.advance(2_000)
    assert.deepEqual(sequences().flat().slice(0, 2), ['1', '3'])
    inbox.deliver(good(4))
    await runtime.advance(30_000)
    assert(sequences().flat().includes('4'))
    assert(!inbox.settled.has('2'))
  })

  void test('one message that fails while it is read does not block the others, and is not settled', async (t) => {
    const shapes = ({ sequence }: SourceMessage): null => {
      if (sequence === '2') throw new TypeError('a rule that fails')
      return null
    }
    const { runtime, inbox, ledger, sequences } = start(t, fakeInbox(), { shapes })
    ledger.hold()
    await runtime.settle()
    inbox.deliver(...[1, 2, 3, 4].map((sequence) => good(sequence + 3)))
    await runtime.settle()
    inbox.deliver(good(1), good(2), good(3))
    await runtime.advance(50)
    ledger.letGo()
    await runtime.advance(2_000)
    assert.deepEqual(sequences().flat().slice(0, 6), ['4', '5', '6', '7', '1', '3'])
    assert(!inbox.settled.has('2'))
  })

  void test('one message that it never commits does not keep the queue closed when it is the only one', async (t) => {
    const { runtime, inbox, ledger, sequences } = start(t)
    const { recordMessages } = ledger
    ledger.recordMessages = async (batch) => {
      if (batch.messages.some(({ sequence }) => sequence === '1')) throw new TypeError('refused')
      return recordMessages(batch)
    }
    await runtime.settle()
    inbox.deliver(good(1))
    await runtime.advance(10_000)
    inbox.deliver(good(2))
    await runtime.advance(60_000)
    assert(sequences().flat().includes('2'))
  })

  void test('no value of an employee is logged', async (t) => {
    const { runtime, inbox, ledger } = start(t)
    ledger.goAway()
    await runtime.settle()
    inbox.deliver(good(1))
    await runtime.advance(1_000)
    assert.equal(runtime.lines[0]?.event, 'intake.stopped')
    assert.equal(/Engineer|10001/.test(JSON.stringify(runtime.lines)), false)
  })
})

void test('a bus that does not answer is tried again with a growing pause', async (t) => {
  const inbox = fakeInbox()
  inbox.refuse(5)
  const { runtime, sequences } = start(t, inbox)
  inbox.deliver(good(1))
  await runtime.advance(1_000)
  assert.equal(inbox.opened, 0)
  await runtime.advance(30_000)
  assert.equal(inbox.opened, 1)
  assert.deepEqual(sequences(), [['1']])
})

void test('the first pause is short, also after an outage that is over', async (t) => {
  const inbox = fakeInbox()
  inbox.refuse(1)
  const { runtime, ledger } = start(t, inbox)
  await runtime.advance(300)
  assert.equal(inbox.opened, 1)
  inbox.deliver(good(1))
  await runtime.advance(20)
  ledger.goAway()
  inbox.deliver(good(2))
  await runtime.advance(20)
  ledger.comeBack()
  await runtime.advance(300)
  assert.equal(inbox.opened, 2)
})

void describe('a stop', () => {
  void test('ends it at once, and uncommitted messages are not settled', async (t) => {
    const { runtime, inbox, service, sequences } = start(t)
    await runtime.settle()
    inbox.deliver(good(1))
    await runtime.settle()
    await service.stop()
    assert.equal(inbox.isOpen, false)
    assert.equal(inbox.settled.size, sequences().length)
  })

  void test('waits for a commit in progress', async (t) => {
    const { runtime, inbox, ledger, service } = start(t)
    ledger.hold()
    await runtime.settle()
    inbox.deliver(good(1))
    await runtime.advance(20)
    let stopped = false
    const stopping = service.stop().then(() => (stopped = true))
    await runtime.settle()
    assert.deepEqual([stopped, inbox.isOpen], [false, false])
    ledger.letGo()
    await stopping
    assert.equal(inbox.settled.get('1'), 'complete')
  })

  void test('commits and settles what has arrived, and takes none of it for a backlog', async (t) => {
    const { runtime, inbox, ledger, service, sequences } = start(t)
    await runtime.settle()
    ledger.hold()
    inbox.deliver(good(1))
    await runtime.advance(20)
    inbox.deliver(good(2), good(3), good(4), good(5))
    await runtime.advance(20)
    const stopping = service.stop()
    ledger.letGo()
    await stopping
    assert.deepEqual(sequences().flat(), ['1', '2', '3', '4', '5'])
    assert.deepEqual([...inbox.settled.keys()], ['1', '2', '3', '4', '5'])
    assert.ok(ledger.batches.every(({ backlog }) => !backlog))
  })

  void test('hands back what is not done after six seconds, and commits none of that any more', async (t) => {
    const { runtime, inbox, ledger, service, sequences } = start(t)
    await runtime.settle()
    ledger.hold()
    inbox.deliver(good(1))
    await runtime.advance(20)
    inbox.deliver(good(2), good(3), good(4), good(5))
    await runtime.advance(20)
    const stopping = service.stop()
    await runtime.advance(6_000)
    await stopping
    assert.deepEqual(inbox.handedBack, ['1', '2', '3', '4', '5'])
    ledger.letGo()
    await runtime.settle()
    assert.ok(!sequences().flat().includes('5'))
  })

  void test('before the start never opens the bus', async () => {
    const inbox = fakeInbox()
    const service = intakeLoop({
      sourceQueue: inbox,
      ledger: fakeLedger(),
      sources: () => DEFAULT_SOURCE,
      settings,
      runtime: virtualRuntime(),
      onRecorded: () => {},
    })
    await service.stop()
    await service.run()
    assert.equal(inbox.opened, 0)
  })
})
