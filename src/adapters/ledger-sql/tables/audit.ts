/** What a command did, for `insertRows`. */
export const AUDIT = 'audit (at INT, actor TEXT, action TEXT, justification TEXT, detail TEXT)'
