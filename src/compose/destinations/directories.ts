import type { Config } from '../../config/load.ts'
import type { DirectoryPart } from '../../core/directory/comparison.ts'
import type { AccountReader } from '../../core/ports.ts'
import { destinationsIn, type ReachedDestination } from './list.ts'

/**
 * The directories of the configuration, one for each tenant that has a provisioning job, with the
 * destinations whose accounts are in it.
 */
export async function directoriesIn(
  config: Config,
  readerOf: (one: ReachedDestination) => AccountReader | Promise<AccountReader>,
): Promise<readonly DirectoryPart[]> {
  const all = config.rules.destinations?.all ?? []
  const own = config.AZURE_TENANT_ID?.toLowerCase() ?? null
  const tenantOf = ({ tenant }: { readonly tenant: string | null }): string | null => tenant ?? own
  const partOf = async (one: ReachedDestination): Promise<DirectoryPart> => {
    const seen = all.filter((other) => tenantOf(other) === tenantOf(one)).map(({ name }) => name)
    return { reader: await readerOf(one), seen: all.length > 1 ? seen : undefined }
  }
  const jobs = destinationsIn(config)
  const isFirstOfTenant = (one: ReachedDestination): boolean =>
    jobs.find((other) => tenantOf(other) === tenantOf(one)) === one
  return Promise.all(jobs.filter(isFirstOfTenant).map(partOf))
}
