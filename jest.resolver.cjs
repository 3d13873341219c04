/** Sources import `./x.js` (as Node will see it); under jest the file is still `./x.ts`. */
module.exports = (request, options) => {
  if (/^\.{1,2}\/.*\.js$/.test(request) && !options.basedir.includes('node_modules')) {
    try {
      return options.defaultResolver(request.replace(/\.js$/, '.ts'), options);
    } catch {
      // a real .js file: fall through
    }
  }
  return options.defaultResolver(request, options);
};
