/** Something that goes wrong on purpose. */
export type Fault =
  /** Every connection is cut without a word, as a failing network does. */
  | { readonly kind: 'drop-connections' }
  /** Every message lock ends at once; of one entity when named. */
  | { readonly kind: 'expire-locks'; readonly entity?: string }
