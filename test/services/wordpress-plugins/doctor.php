<?php
/**
 * What hosts and security plugins do to a site, for the connection check. Put into mu-plugins by test/services and taken
 * away again; acts only on requests that carry the header X-BP-Test-Doctor, so that nobody else on the site notices.
 */
$bp_doctor = $_SERVER['HTTP_X_BP_TEST_DOCTOR'] ?? '';
if ( '' === $bp_doctor ) {
	return;
}
add_action( 'rest_api_init', function () {
	register_rest_route( 'bp-doctor/v1', '/here', array(
		'methods' => 'GET', 'callback' => '__return_empty_array', 'permission_callback' => '__return_true',
	) );
} );
if ( 'no-uploads' === $bp_doctor ) {
	add_filter( 'wp_handle_upload_prefilter', function ( $file ) {
		$file['error'] = 'The disk of this site is full.';
		return $file;
	} );
}
if ( 'closed' === $bp_doctor ) {
	add_filter( 'rest_authentication_errors', function () {
		return new WP_Error( 'rest_disabled', 'The REST API is switched off.', array( 'status' => 403 ) );
	}, 200 );
}
