import type { RequestListener } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { consoleApp } from './app.ts'
import type { ConsoleContext } from './context.ts'

/** The console behind a server of `node:http`, which keeps its limits on time and connections. */
export function consoleListener(context: ConsoleContext): RequestListener {
  const listen = getRequestListener(consoleApp(context).fetch, { overrideGlobalObjects: false })
  return (request, response) => void listen(request, response)
}
