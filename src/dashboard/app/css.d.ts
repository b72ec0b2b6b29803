/** Bundled into the page. */
declare module "*.css";
