"""One HTML file that says everything of a network: drawings, costs, its spec and its source.

The file needs nothing else and may fetch nothing. It is whole without JavaScript, which adds
sorting, searching and selecting a layer in all views at once. `page.as_html` makes it;
nothing is loaded here, since the summary of every run takes its figures from `figures`.
"""
