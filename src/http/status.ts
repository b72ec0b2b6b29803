/**
 * Status codes that may be stored without explicit freshness (RFC 9110 section 15.1). That section has 206 too, which
 * Larder never stores.
 */
const HEURISTICALLY_CACHEABLE: ReadonlySet<number> = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501]);

export function isHeuristicallyCacheable(status: number): boolean {
  return HEURISTICALLY_CACHEABLE.has(status);
}

/** RFC 9111 section 3: only final statuses are stored; parts and confirmations of something stored are not Larder's. */
export function isStorableStatus(status: number): boolean {
  return status >= 200 && status !== 206 && status !== 304;
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
