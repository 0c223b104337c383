import { describeWithRedis } from '../support/redis';
import { holdsUp } from './holds-up';

describeWithRedis('with queue and limits on Redis', () => holdsUp('Redis'));
