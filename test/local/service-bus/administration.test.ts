import { describe } from 'node:test'
import { startBroker } from '../../../src/local/service-bus/broker.ts'
import { makeCertificate } from '../../../src/local/service-bus/tls/certificate.ts'
import {
  exerciseAdministration,
  type ManagedBus,
} from '../../suites/conformance/service-bus/administration.ts'
import { configOf } from './support.ts'

const given = process.env['SERVICEBUS_ADMINISTRATION_CONNECTION_STRING']
const certificate = await makeCertificate()

async function openDouble(): Promise<ManagedBus> {
  const broker = await startBroker({ config: configOf({}), certificate })
  return {
    connectionString: broker.connectionString,
    clientOptions: {},
    administrationOptions: { tlsOptions: { ca: certificate.ca }, retryOptions: { maxRetries: 0 } },
    close: () => broker.stop(),
  }
}

const openReal = (connectionString: string) => async (): Promise<ManagedBus> => ({
  connectionString,
  clientOptions: {},
  administrationOptions: {},
  close: async () => {},
})

void describe(
  given === undefined
    ? 'administration of the Service Bus double'
    : 'administration of the Service Bus given by the environment',
  () => exerciseAdministration(given === undefined ? openDouble : openReal(given)),
)
