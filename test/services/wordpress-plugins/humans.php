<?php
/**
 * What the settings and plugins of a site do to posts of ours: few or no revisions, another type. Put into mu-plugins by
 * test/services and taken away again; acts only on requests that carry the header X-BP-Test-Humans (`on`, or
 * `revisions-0`, `revisions-1` …), so that nobody else on the site notices.
 */
$bp_humans = $_SERVER['HTTP_X_BP_TEST_HUMANS'] ?? '';
// Two runs of the tests may have put it there at the same time; one is enough.
if ( '' === $bp_humans || defined( 'BP_TEST_HUMANS' ) ) {
	return;
}
define( 'BP_TEST_HUMANS', $bp_humans );
if ( preg_match( '/^revisions-(\d+)$/', $bp_humans, $bp_humans_kept ) ) {
	define( 'BP_TEST_REVISIONS', (int) $bp_humans_kept[1] );
	add_filter( 'wp_revisions_to_keep', function () { return BP_TEST_REVISIONS; } );
}
add_action( 'rest_api_init', function () {
	$may_edit = function ( $request ) { return current_user_can( 'edit_post', (int) $request['id'] ); };
	register_rest_route( 'bp-humans/v1', '/type/(?P<id>\d+)', array(
		'methods' => 'POST', 'permission_callback' => $may_edit,
		'callback' => function ( $request ) { return set_post_type( (int) $request['id'], $request['type'] ); },
	) );
	// As the editor does when somebody opens the post.
	register_rest_route( 'bp-humans/v1', '/lock/(?P<id>\d+)', array(
		'methods' => 'POST', 'permission_callback' => $may_edit,
		'callback' => function ( $request ) {
			require_once ABSPATH . 'wp-admin/includes/post.php';
			return wp_set_post_lock( (int) $request['id'] );
		},
	) );
} );
