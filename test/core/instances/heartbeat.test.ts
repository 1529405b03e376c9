import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { heartbeat } from '../../../src/core/instances/heartbeat.ts'
import type { Instance, InstanceLedger } from '../../../src/core/ledger/port/instances.ts'
import { day } from '../../fakes/events.ts'
import { anInstance } from '../../fakes/instances.ts'
import { virtualRuntime } from '../../fakes/virtual-runtime.ts'

/** Keeps the instances in memory; it can fail, and it can never answer. */
class Announced implements InstanceLedger {
  readonly rows = new Map<string, Instance>()
  lists = 0
  fails = false
  hangs = false
  async announceInstance(instance: Instance): Promise<void> {
    await this.#answer()
    const endedAt = this.rows.get(instance.id)?.endedAt ?? null
    this.rows.set(instance.id, { ...instance, endedAt })
  }
  async endInstance(id: string, now: number): Promise<void> {
    await this.#answer()
    const row = this.rows.get(id)
    if (row) this.rows.set(id, { ...row, endedAt: now })
  }
  async listInstances(): Promise<readonly Instance[]> {
    this.lists += 1
    return [...this.rows.values()]
  }
  async #answer(): Promise<void> {
    if (this.hangs) await new Promise(() => {})
    if (this.fails) throw new Error('away')
  }
}

const START = day(1)

void describe('the heartbeat of an instance', () => {
  void it('announces the instance at once, shows a sign of life every 5 seconds, and ends with its end', async () => {
    const [ledger, runtime] = [new Announced(), virtualRuntime(START)]
    const service = heartbeat(ledger, anInstance('a'), runtime)
    const running = service.run()
    await runtime.settle()
    assert.equal(ledger.rows.get('a')?.seenAt, START)
    await runtime.advance(12_000)
    const { startedAt, seenAt, endedAt } = ledger.rows.get('a') ?? anInstance('none')
    assert.deepEqual(
      { startedAt, seenAt, endedAt },
      { startedAt: START, seenAt: START + 10_000, endedAt: null },
    )
    await service.stop()
    await running
    assert.equal(ledger.rows.get('a')?.endedAt, START + 12_000)
  })

  void it('comes back within 5 seconds when the ledger answers again, and reports the outage once', async () => {
    const [ledger, runtime] = [new Announced(), virtualRuntime(START)]
    const service = heartbeat(ledger, anInstance('a'), runtime)
    const running = service.run()
    await runtime.advance(1_000)
    ledger.fails = true
    await runtime.advance(600_000)
    ledger.fails = false
    await runtime.advance(5_000)
    assert.ok((ledger.rows.get('a')?.seenAt ?? 0) > START + 600_000)
    assert.deepEqual(
      runtime.lines.map(({ event }) => event),
      ['instance.unseen'],
    )
    await service.stop()
    await running
  })

  void it('reports an outage also when the ledger has never answered', async () => {
    const [ledger, runtime] = [new Announced(), virtualRuntime(START)]
    ledger.fails = true
    const service = heartbeat(ledger, anInstance('a'), runtime)
    const running = service.run()
    await runtime.advance(1_000)
    assert.deepEqual(
      runtime.lines.map(({ event }) => event),
      ['instance.unseen'],
    )
    await service.stop()
    await running
  })

  void it('waits for nothing any more once its end is recorded', async () => {
    const [ledger, runtime] = [new Announced(), virtualRuntime(START)]
    const service = heartbeat(ledger, anInstance('a'), runtime)
    const running = service.run()
    await runtime.advance(1_000)
    await service.stop()
    await running
    assert.equal(runtime.sleeping, 0)
  })

  void it('does not keep a process from ending when the ledger never answers', async () => {
    const [ledger, runtime] = [new Announced(), virtualRuntime(START)]
    const service = heartbeat(ledger, anInstance('a'), runtime)
    const running = service.run()
    await runtime.advance(1_000)
    ledger.hangs = true
    const stopped = service.stop()
    await runtime.advance(20_000)
    await stopped
    await running
  })

  void it('does nothing when it is stopped before it runs', async () => {
    const ledger = new Announced()
    const service = heartbeat(ledger, anInstance('a'), virtualRuntime(START))
    await service.stop()
    await service.run()
    assert.equal(ledger.rows.size, 0)
  })

  void it('compares itself with the others at once and then once a minute, and alone not at all', async () => {
    for (const [shared, lists] of [
      [true, 6],
      [false, 0],
    ] as const) {
      const [ledger, runtime] = [new Announced(), virtualRuntime(START)]
      const service = heartbeat(ledger, { ...anInstance('a'), shared }, runtime)
      const running = service.run()
      await runtime.advance(5 * 60_000 + 1_000)
      assert.equal(ledger.lists, lists)
      await service.stop()
      await running
    }
  })

  void it('logs once that another instance runs with other rules, and once that they agree again', async () => {
    const [ledger, runtime] = [new Announced(), virtualRuntime(START)]
    const { ruleHashes } = anInstance('any')
    const other = anInstance('b', { ruleHashes: { ...ruleHashes, mapping: 'm2' }, seenAt: START + 600_000 })
    ledger.rows.set('b', other)
    const service = heartbeat(ledger, anInstance('a'), runtime)
    const running = service.run()
    await runtime.advance(300_000)
    assert.deepEqual(
      runtime.lines.map(({ level, event, fields }) => [level, event, fields['others']]),
      [['warn', 'instances.differ', [{ instance: 'name of b', id: 'b', differ: ['mapping'] }]]],
    )
    ledger.rows.set('b', { ...other, endedAt: START + 300_000 })
    await runtime.advance(120_000)
    assert.deepEqual(
      runtime.lines.map(({ event }) => event),
      ['instances.differ', 'instances.agree'],
    )
    await service.stop()
    await running
  })
})
