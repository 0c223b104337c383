import { Reflector } from '@nestjs/core';

/** What a route asks of its caller. Every route declares one; see the decorators beside this file. */
export interface AccessPolicy {
  readonly who: 'public' | 'signed-in';
  readonly verifiedEmail?: boolean;
  /** Cookies do not sign in here. */
  readonly bearerOnly?: boolean;
}

const POLICY = Reflector.createDecorator<AccessPolicy>();

export const declarePolicy = (policy: AccessPolicy): MethodDecorator & ClassDecorator =>
  POLICY(policy);

/** The handler's own policy, else its controller's, else undefined: then nobody may pass. */
export function policyOf(
  handler: () => unknown,
  controller: abstract new (...args: never[]) => unknown,
): AccessPolicy | undefined {
  const reflector = new Reflector();
  return reflector.getAllAndOverride(POLICY, [handler, controller as never]);
}
