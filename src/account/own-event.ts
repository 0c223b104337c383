import type { AuditEvent } from '../audit/audit-event.entity';

/** An event as somebody may see it: where an admin was who acted on them is the admin's business. */
export const seenBy = (userId: string, event: Readonly<AuditEvent>): AuditEvent =>
  event.actorId === null || event.actorId === userId
    ? event
    : { ...event, ip: null, userAgent: null, requestId: null };
