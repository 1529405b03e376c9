import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { systemRuntime } from '../../../src/adapters/system.ts'
import { readConfig } from '../../../src/compose/config.ts'
import { compose } from '../../../src/compose/connector.ts'
import { FAST_ENVIRONMENT } from '../../../src/config/environment.ts'
import { silentLogger, silentTelemetry } from '../../../src/core/runtime.ts'
import { startEntra } from '../../../src/local/entra/server.ts'
import { FAST_SETTINGS } from '../../../src/local/entra/settings.ts'
import type { BrokerConfig } from '../../../src/local/service-bus/config.ts'
import { brokerFor } from '../../local/service-bus/support.ts'

/** A running connector between both doubles. */
interface ConfiguredConnector extends AsyncDisposable, Awaited<ReturnType<typeof brokerFor>> {
  readonly entra: Awaited<ReturnType<typeof startEntra>>
  readonly ledger: Awaited<ReturnType<typeof compose>>['ledger']
  /** Where its ledger is. */
  readonly folder: string
}

/**
 * Starts a connector with this `rollcall.yaml`, in which `FOLDER`, `variables` and the addresses
 * `JOB` and `SCIM` of the Entra double are placeholders.
 * Disposing of it stops it in order.
 */
export async function startConnector(
  context: TestContext,
  file: string,
  bus: BrokerConfig,
  variables: Readonly<Record<string, string>> = {},
): Promise<ConfiguredConnector> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-flow-'))
  const entra = await startEntra({ settings: FAST_SETTINGS })
  const { broker, connect } = await brokerFor(context, bus)
  const path = join(folder, 'rollcall.yaml')
  await writeFile(path, file)
  const config = readConfig({
    ...FAST_ENVIRONMENT,
    ROLLCALL_CONFIG: path,
    FOLDER: folder,
    JOB: entra.endpoint,
    SCIM: `${new URL(entra.endpoint).origin}/rp/scim`,
    ...variables,
    SERVICEBUS_CONNECTION_STRING: broker.connectionString,
    CONTROL_QUEUE: 'none',
    PROVISIONING_ENDPOINT: entra.endpoint,
    PROVISIONING_ALLOW_HTTP: 'true',
    AUTH_MODE: 'local',
  })
  const composed = await compose(config, systemRuntime(silentLogger, silentTelemetry))
  const running = composed.service.run()
  return {
    broker,
    connect,
    entra,
    folder,
    ledger: composed.ledger,
    [Symbol.asyncDispose]: async () => {
      await composed.service.stop()
      await running
      await composed.close()
      await entra.stop()
      await rm(folder, { recursive: true })
    },
  }
}
