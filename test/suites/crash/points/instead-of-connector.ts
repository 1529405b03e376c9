import { registerHooks } from 'node:module'

/** With `--import`: the process runs `dying-connector.ts` where it would run the connector. */
registerHooks({
  resolve: (specifier, context, next) => {
    const found = next(specifier, context)
    const isIt =
      found.url.endsWith('/src/core/connector.ts') &&
      context.parentURL?.endsWith('/src/compose/connector.ts') === true
    return isIt ? { ...found, url: new URL('dying-connector.ts', import.meta.url).href } : found
  },
})
