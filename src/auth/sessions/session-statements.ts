import { ACCOUNT_COLUMNS } from '../../users/account';

/** What is asked of `sessions` again and again: prepared. */

/** A session lives while nothing has ended it. Needs `sessions s`, `users u` and the time as $1. */
export const LIVE = `s.revoked_at IS NULL AND s.expires_at > $1 AND u.is_active
  AND s.security_stamp = u.security_stamp`;

const GENERATION = 's.id, s.user_id, u.role, s.refresh_jti, s.rotated_at, s.expires_at';

/**
 * What it asks for is seen as it was before the new row. A session without a device may be any.
 * Sessions are forgotten after a while, so whoever has none is new only if they never signed in:
 * of two first sign-ins at once the later one knows of the other by its session alone.
 */
export const OPEN = {
  name: 'open_session',
  text: `INSERT INTO sessions (id, user_id, security_stamp, refresh_jti, rotated_at, created_at,
    last_used_at, expires_at, exchange_code_hash, ip, user_agent, device, method)
  VALUES ($1, $2, $3, $4, $5, $5, $5, $6, $7, $8, $9, $10, $11)
  RETURNING ($12 OR EXISTS (SELECT FROM sessions o WHERE o.user_id = sessions.user_id))
    AND NOT EXISTS (
      SELECT FROM sessions o WHERE o.user_id = sessions.user_id AND o.device = sessions.device)
    AND NOT EXISTS (SELECT FROM sessions o WHERE o.user_id = sessions.user_id AND o.device IS NULL)
    AS is_new_device`,
};

/** One row for each pair of `$2` and `$3` that is a live session, with the place of the pair. */
export const AUTHENTICATE = {
  name: 'authenticate_sessions',
  text: `SELECT a.place::int, ${ACCOUNT_COLUMNS}
    FROM unnest($2::uuid[], $3::uuid[]) WITH ORDINALITY AS a (session_id, user_id, place)
    JOIN sessions s ON s.id = a.session_id AND s.user_id = a.user_id
    JOIN users u ON u.id = s.user_id
    LEFT JOIN subscriptions p ON p.user_id = u.id
    WHERE ${LIVE}`,
};

export const AUTHENTICATE_REFRESH = {
  name: 'authenticate_refresh',
  text: `SELECT ${ACCOUNT_COLUMNS}
    FROM sessions s
    JOIN users u ON u.id = s.user_id
    LEFT JOIN subscriptions p ON p.user_id = u.id
    WHERE ${LIVE} AND s.id = $2 AND s.user_id = $3 AND s.refresh_jti = $4`,
};

export const ROTATE = {
  name: 'rotate_session',
  text: `UPDATE sessions s
    SET refresh_jti = $5, previous_jti = s.refresh_jti, rotated_at = $1, last_used_at = $1,
        expires_at = $6, ip = $7, user_agent = $8
    FROM users u
    WHERE u.id = s.user_id AND ${LIVE} AND s.id = $2 AND s.user_id = $3 AND s.refresh_jti = $4
    RETURNING ${GENERATION}`,
};

export const CURRENT = {
  name: 'current_generation',
  text: `SELECT ${GENERATION}
    FROM sessions s
    JOIN users u ON u.id = s.user_id
    WHERE ${LIVE} AND s.id = $2 AND s.user_id = $3 AND s.previous_jti = $4 AND s.rotated_at > $5`,
};

export const EXCHANGE = {
  name: 'exchange_session',
  text: `UPDATE sessions s
    SET exchange_code_hash = NULL, rotated_at = $1, last_used_at = $1, expires_at = $3
    FROM users u
    WHERE u.id = s.user_id AND ${LIVE} AND s.exchange_code_hash = $2
    RETURNING ${GENERATION}`,
};
