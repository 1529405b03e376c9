/** The cursor that says until when intake counts as working through a backlog, for every instance. */
export const BACKLOG_UNTIL = 'backlog-until'
