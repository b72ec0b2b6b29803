/** Larder's own version, as in its package. */
export const VERSION = "0.1.0";
