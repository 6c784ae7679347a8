/**
 * Reports: results as one HTML file that needs nothing else.
 *
 * <p>A {@link io.github.tommerspark.report.Page} is a list of {@link
 * io.github.tommerspark.report.Section sections}, a section a list of {@link
 * io.github.tommerspark.report.Block blocks}: tables, heat maps, charts, documents with marked
 * mentions. Nothing here knows Spark; the jobs read data and hand over values.
 *
 * <p>The page has no scripts and asks the network for nothing; its content security policy says so
 * to the browser. Every value passes the template engine's escaping on its way in.
 */
@NullMarked
package io.github.tommerspark.report;

import org.jspecify.annotations.NullMarked;
