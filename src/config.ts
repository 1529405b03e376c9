export { readConfig, type Config } from './config/load.ts'
export { ENVIRONMENT, FAST_ENVIRONMENT } from './config/environment.ts'
