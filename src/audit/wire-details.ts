import type { AuditEvent } from './audit-event.entity';

/** The details of an event with their names as everything on the wire has them. */
export const toWireDetails = (details: AuditEvent['details']): AuditEvent['details'] =>
  Object.fromEntries(
    Object.entries(details).map(([name, value]) => [
      name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );
