import { declarePolicy } from './access-policy';

/** Anyone may call this route. A token that comes along is not looked at. */
export const Public = () => declarePolicy({ who: 'public' });
