/**
 * Status codes that may be stored without explicit freshness (RFC 9110 section 15.1). That section has 206 too, which
 * Larder never stores.
 */
const HEURISTICALLY_CACHEABLE: ReadonlySet<number> = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501]);

export function isHeuristicallyCacheable(status: number): boolean {
  return HEURISTICALLY_CACHEABLE.has(status);
}

/**
 * Statuses that answer one client and no other, whatever they say of their freshness: RFC 6585 sections 3 to 6 forbid
 * storing 428, 429, 431 and 511; a 412 is about one request's conditions and a 416 about its range.
 */
const FOR_ONE_CLIENT: ReadonlySet<number> = new Set([412, 416, 428, 429, 431, 511]);

/** RFC 9111 section 3: only final statuses are stored; parts and confirmations of something stored are not Larder's. */
export function isStorableStatus(status: number): boolean {
  return status >= 200 && status !== 206 && status !== 304 && !FOR_ONE_CLIENT.has(status);
}

/**
 * Whether the caching requirements of `status` are known here, which `must-understand` asks for (RFC 9111 section
 * 5.2.2.3). RFC 9110 section 15 defines these and puts no further demands on caching them; 206 and 304 do make demands.
 */
export function isUnderstoodStatus(status: number): boolean {
  return (
    (status >= 200 && status <= 205) ||
    (status >= 300 && status <= 308 && status !== 304 && status !== 306) ||
    (status >= 400 && status <= 417) ||
    status === 421 ||
    status === 422 ||
    status === 426 ||
    (status >= 500 && status <= 505)
  );
}
