import { Reflector } from '@nestjs/core';
import type { Permission } from './permissions';
import type { Role } from './principal';

/** What a route asks of its caller. Every route declares one; see the decorators beside this file. */
export interface AccessPolicy {
  readonly who: 'public' | 'signed-in';
  /** Any of these. */
  readonly roles?: readonly Role[];
  /** All of these. */
  readonly permissions?: readonly Permission[];
  readonly verifiedEmail?: boolean;
  readonly premium?: boolean;
  /** Cookies do not sign in here. */
  readonly bearerOnly?: boolean;
}

const POLICY = Reflector.createDecorator<AccessPolicy>();

/** Adds to what is declared already on the same handler or controller. */
export const declarePolicy =
  (policy: AccessPolicy): MethodDecorator & ClassDecorator =>
  (target: object, key?: string | symbol, descriptor?: PropertyDescriptor) => {
    const declared = Reflect.getMetadata(POLICY.KEY, descriptor?.value ?? target) as
      AccessPolicy | undefined;
    POLICY({ ...declared, ...policy })(target as never, key as never, descriptor as never);
  };

/**
 * What handler and controller ask together; where both say something of one kind, and of whether
 * it is public, the handler does. Undefined where neither declares anything: then nobody may pass.
 */
export function policyOf(
  handler: () => unknown,
  controller: abstract new (...args: never[]) => unknown,
): AccessPolicy | undefined {
  const reflector = new Reflector();
  const [own, shared] = [
    reflector.get(POLICY, handler),
    reflector.get(POLICY, controller as never),
  ];
  if (!own || !shared || own.who === 'public' || shared.who === 'public') return own ?? shared;
  return { ...shared, ...own };
}
