import type { ServiceBusClientOptions } from '@azure/service-bus'
import { HttpsProxyAgent } from 'https-proxy-agent'
import { type ClientOptions, WebSocket } from 'ws'

/** The client always asks for `wss:`, but an emulator speaks no TLS. */
class PlainWebSocket extends WebSocket {
  constructor(url: string, protocols?: string | string[], options?: ClientOptions) {
    super(url.replace(/^wss:/, 'ws:'), protocols, options)
  }
}

/**
 * AMQP over WebSockets: one connection to port 443, through a proxy where one is named. If the
 * proxy refuses, the attempt fails; nothing bypasses the proxy.
 */
export function overWebSockets(
  proxy: string | null,
  plain: boolean,
): Required<Pick<ServiceBusClientOptions, 'webSocketOptions'>> {
  return {
    webSocketOptions: {
      webSocket: plain ? PlainWebSocket : WebSocket,
      ...(proxy === null ? {} : { webSocketConstructorOptions: { agent: new HttpsProxyAgent(proxy) } }),
    },
  }
}
