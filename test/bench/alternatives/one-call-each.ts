/**
 * What one writes first: a handler that sends each message as it comes. Microsoft's samples for the
 * client begin like this. The service's answer of 202 counts as done.
 */
import { ServiceBusClient } from '@azure/service-bus'
import { recordOf, upload } from './support/upload.ts'

const client = new ServiceBusClient(process.env['SERVICEBUS_CONNECTION_STRING'] ?? '')
const receiver = client.createReceiver('hr-events')

receiver.subscribe(
  {
    processMessage: async ({ body }) => {
      // A message that throws is given back to the queue, and comes again up to ten times.
      const response = await upload([recordOf(body)])
      if (!response.ok) throw new Error(`bulkUpload answered ${response.status}`)
    },
    processError: async ({ error }) => console.error(error.message),
  },
  { maxConcurrentCalls: 20 },
)
