// Consumes the outcomes of Rollcall: acts on each, drops repeats, settles after it has acted. Ends on SIGTERM and Ctrl-C.
import { ServiceBusClient } from '@azure/service-bus'

const { SERVICEBUS_CONNECTION_STRING, OUTCOMES_QUEUE = 'hr-outcomes' } = process.env
/** Repeats come soon after the original. A batch has up to 500 outcomes. */
const REMEMBERED = 10_000

const client = new ServiceBusClient(SERVICEBUS_CONNECTION_STRING)
const receiver = client.createReceiver(OUTCOMES_QUEUE)
/** The ids of outcomes that were acted on, oldest first. */
const done = new Set()
let working = Promise.resolve()

/** What your system does with a message. If it throws, the message comes again. */
async function act({ type, subject, data }) {
  // Only with OUTCOME_ACCOUNT: what an outcome could not say about the account.
  if (type === 'rollcall.account.named')
    console.log(`${subject} account ${data.objectId}: ${Object.keys(data.account).join(' and ')} known`)
  else actOnOutcome(subject, data)
}

function actOnOutcome(subject, { event, revision, state, reason, by }) {
  const why = reason === null ? '' : ` (${reason})`
  const winner = by === null ? '' : ` by ${by.id}`
  const again = revision > 1 ? `, revision ${revision}` : ''
  console.log(`${subject} ${event.type} ${event.id}: ${state}${why}${winner}${again}`)
}

async function handle(message) {
  const outcome = readOutcome(message)
  if (outcome === null) {
    await receiver.deadLetterMessage(message, { deadLetterReason: 'NotAnOutcome' })
    return
  }
  if (!done.has(outcome.id)) {
    await act(outcome)
    remember(outcome.id)
  }
  // Not before it has acted: a message that is settled does not come again.
  await receiver.completeMessage(message)
}

function readOutcome({ body }) {
  try {
    const outcome = Buffer.isBuffer(body) ? JSON.parse(body.toString()) : body
    return /^rollcall\.(event|account)\./.test(outcome?.type) ? outcome : null
  } catch {
    return null
  }
}

function remember(id) {
  done.add(id)
  if (done.size > REMEMBERED) done.delete(done.values().next().value)
}

const subscription = receiver.subscribe(
  {
    processMessage: (message) => (working = handle(message)),
    processError: async ({ error }) => console.error(error.message),
  },
  // One at a time, which keeps the outcomes of an employee in order.
  { autoCompleteMessages: false, maxConcurrentCalls: 1 },
)

async function end() {
  await subscription.close()
  // The outcome in hand is finished. processError has told what went wrong with it.
  await working.catch(() => undefined)
  await client.close()
}

for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => void end())
