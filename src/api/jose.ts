/**
 * What of the library is used here. It is loaded by way of this file, and with the first token: of a package that is
 * loaded as such, a bundle has all there is.
 */
export { errors, importJWK, importSPKI, jwtVerify } from "jose";
