import { startEntra } from '../../../src/local/entra/server.ts'
import { exerciseEntra } from '../../suites/conformance/entra.ts'
import { openWith } from './setups.ts'

exerciseEntra(openWith(startEntra, 5_000))
